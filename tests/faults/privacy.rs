//! The story of personal values: no raw one reaches the database. (That none reaches the output is checked in
//! every run of every story.)

use kit::MARKERS;

use crate::scene::Scene;

impl Scene {
    /// Fails if any table holds the beginning of a raw address or device id.
    pub fn expect_no_personal_values_stored(&self) {
        let dump = self.database.data();
        for marker in MARKERS.into_iter().chain(["77166771", "2031131"]) {
            let place = dump.find(marker);
            assert_eq!(
                place,
                None,
                "{:?}",
                place.map(|at| &dump[at.saturating_sub(120)..(at + 20).min(dump.len())])
            );
        }
    }
}

#[test]
fn no_raw_address_or_device_id_reaches_the_database() {
    let scene = Scene::new();
    scene.send_logins(100);
    let (_, body) = scene.login();
    for broken in [
        body.replace('}', ""),
        body.replace("2.3.0", "two"),
        body.replace("user_id", "uid"),
        format!("[{body}]"),
    ] {
        scene.send(&broken, None);
    }
    scene.run(&[]).expect_exit(3).expect("inserted", 100).expect("rejected", 4).expect("refused", 1);
    scene.books().check();
    assert_eq!(scene.server().remaining_bodies(kit::QUEUE), [format!("[{body}]")], "it holds a login");
    scene.expect_no_personal_values_stored();
}
