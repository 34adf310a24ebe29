//! The tests of clocks that are wrong: the producer's, a stand-in's, this machine's.

use kit::sqs_server::Options;
use kit::{Action, Database, Fault, QUEUE, Scene, Server, When, login};

#[test]
fn a_message_of_a_wrong_time_that_is_delivered_again_is_one_row() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis() as u64;
    // Nothing, seconds in place of milliseconds, a year ago, and far in the future.
    for sent_at in
        [0, 1, now / 1000, now - 365 * 86_400_000, now + 365 * 86_400_000, 253_402_300_799_000, u64::MAX]
    {
        let scene = Scene::scripted().ready(&[]);
        scene.server().deliver_dated(QUEUE, &login("anna"), sent_at, 3);
        for _ in 0..3 {
            scene.drain().flags("--max-messages 1").may_say_anything().exits(4).run();
        }
        assert_eq!(scene.database.counts(), [1, 1, 0], "{sent_at}");
        assert_eq!(scene.server().counts(QUEUE).deleted, 3, "{sent_at}");
    }
}

#[test]
fn a_machine_whose_clock_is_decades_off_receives_nothing() {
    const YEAR: i64 = 366 * 86_400;
    for offset in [60 * YEAR, -55 * YEAR, 86_401, -86_401, 7000 * YEAR] {
        for json in [true, false] {
            let server = Server::start(Options { json, ..Options::default() });
            let scene = Scene::on(server, QUEUE, &[], Database::with_own_schema()).ready(&[]);
            scene.server().send(QUEUE, &login("anna"));
            scene.server().fault(Fault::ClockOffset(offset), When::Always(Action::Any));
            scene.drain().exits(1).complains("this machine's clock is").run();
            assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0, "{offset}");
            assert_eq!(scene.database.counts(), [0, 0, 0]);
        }
    }
}

#[test]
fn a_wrong_clock_is_noticed_too_where_the_queue_may_not_be_asked() {
    let scene = Scene::scripted().ready(&[]);
    scene.server().send(QUEUE, &login("anna"));
    scene.server().fault(Fault::ClockOffset(-200_000), When::Always(Action::Any));
    scene.server().fault(Fault::Code("AccessDenied"), When::Always(Action::GetQueueAttributes));
    scene.drain().exits(1).complains("clock is").run();
    assert_eq!(scene.server().calls().count(Action::ReceiveMessage), 0);
}
