//! The tests of runs that a limit ends early.

use kit::{Scene, login};

fn logins(count: usize) -> Vec<String> {
    (0..count).map(|number| login(&number.to_string())).collect()
}

#[test]
fn max_messages_ends_the_run_and_leaves_the_rest_visible() {
    let bodies = logins(60);
    let scene = Scene::new().ready(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let books = scene.drain().flags("--max-messages 25").exits(4).books();
    assert_eq!((books["received"].as_u64(), books["inserted"].as_u64()), (Some(25), Some(25)));
    assert_eq!(books["stopped_because"], "max_messages");
    assert_eq!((scene.queue.visible(), scene.queue.in_flight()), (35, 0));
    assert_eq!(scene.drain().books()["inserted"], 35);
}

#[test]
fn max_seconds_ends_a_run_that_would_wait_longer_for_messages() {
    let scene = Scene::new().ready(&[&login("anna")]);
    let books = scene.program("drain").flags("--max-seconds 1 --wait-seconds 20").exits(4).books();
    assert_eq!((books["inserted"].as_u64(), books["deleted"].as_u64()), (Some(1), Some(1)));
    assert_eq!(books["stopped_because"], "max_seconds");
    assert!(scene.queue.is_empty());
}

#[test]
fn small_batches_store_the_same_as_one_large_one() {
    let bodies = logins(45);
    let scene = Scene::new().ready(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
    let books = scene.drain().flags("--batch-size 7 --receivers 3").books();
    assert_eq!(books["inserted"], 45);
    assert!(books["batches"].as_u64() >= Some(7), "{books}");
}
