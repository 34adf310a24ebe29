//! The tests of `--memory`: large messages, however many receives are in flight and however long the database takes.

use kit::sqs_server::{Options, Server};
use kit::{Database, QUEUE, Scene, login};

const MIB: usize = 1 << 20;
/// What is held besides messages, in a program built for debugging too.
const MOST_KIB: u64 = 125_000;

/// Bodies of almost 1 MiB: logins with what their producer sends besides, and rogue texts.
fn send_large(scene: &Scene, messages: usize, rogue_every: usize) {
    let padding = "x".repeat(MIB - 1024);
    let login = login("anna").replacen('{', &format!("{{\"padding\": \"{padding}\", "), 1);
    for number in 1..=messages {
        let is_rogue = number % rogue_every == 0;
        scene.server().send(QUEUE, if is_rogue { &padding } else { &login });
    }
}

#[test]
fn three_hundred_bodies_of_a_mebibyte_fit_into_the_budget_however_many_receivers_there_are() {
    for (json, flags) in [(true, ""), (true, "--batch-size 10000"), (false, "")] {
        let server = Server::start(Options { json, ..Options::default() });
        let scene = Scene::on(server, QUEUE, &[], Database::with_own_schema()).ready(&[]);
        send_large(&scene, 300, 3);
        let outcome = scene.drain().flags(flags).exits(3).may_say_anything().run();
        println!("peak {} KiB", outcome.peak_kib);
        assert!(outcome.peak_kib < MOST_KIB, "{json} {flags}: {} KiB", outcome.peak_kib);
        assert_eq!(scene.database.counts(), [200, 200, 100]);
    }
}

#[test]
fn they_fit_also_when_they_go_to_a_dead_letter_queue_and_the_database_is_slow() {
    let scene = Scene::scripted().ready(&[]);
    let dead_letters = scene.queue.sibling();
    scene.database.run(
        "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS
             $$ BEGIN PERFORM pg_sleep(1); RETURN NULL; END $$;
         CREATE TRIGGER slow BEFORE INSERT ON login_drain_rejects FOR EACH STATEMENT EXECUTE FUNCTION slow()",
    );
    send_large(&scene, 100, 1);
    let outcome = scene
        .drain()
        .flags("--max-reject-percent 100 --rejects dead-letter --dead-letter-queue-url")
        .flags(dead_letters.url())
        .exits(3)
        .may_say_anything()
        .run();
    println!("peak {} KiB", outcome.peak_kib);
    assert!(outcome.peak_kib < MOST_KIB, "{} KiB", outcome.peak_kib);
    assert_eq!(dead_letters.visible(), 100);
}
