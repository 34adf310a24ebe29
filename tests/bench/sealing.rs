//! The drain that seals raw values to a public key, beside one that does not.

use anyhow::Context;
use openssl::pkey::PKey;

use crate::parts::{How, drain};
use crate::scene::Scene;
use crate::table::{Table, thousands};
use crate::turns::in_turn;

const MESSAGES: u32 = 100_000;

pub fn measure(scene: &Scene, runs: u32, table: &mut Table) -> anyhow::Result<()> {
    let [program, ..] = scene.programs.as_slice() else { return Ok(()) };
    let directory = tempfile::tempdir()?;
    let key = directory.path().join("officer.pub");
    std::fs::write(&key, PKey::generate_x25519()?.public_key_to_pem()?)?;
    let key = key.to_str().context("the temporary directory has an odd name")?;
    let mut samples = in_turn(&[&[][..], &["--seal-to", key]], runs, |flags| {
        drain(scene, program, MESSAGES, &How { flags, ..How::LIMITED })
    })?;
    let (Some(mut sealing), Some(plain)) = (samples.pop(), samples.pop()) else { return Ok(()) };
    sealing.iter_mut().zip(&plain).for_each(|(sealing, plain)| sealing.set_against(plain));
    let name = format!("login-drain, {} messages, with --seal-to", thousands(MESSAGES.into()));
    table.add(&name, &[sealing], |noted, _| {
        let [share, times] = noted else { return String::new() };
        format!("{:.0}% of the rate without it at {times:.1} times its processor time", share * 100.0)
    })
}
