//! The drain beside a program that does only what none can leave out (`floor_program.rs`).

use std::process::Command;

use crate::one_run::run;
use crate::parts::{How, drain, sample};
use crate::scene::Scene;
use crate::table::{Table, thousands};
use crate::turns::in_turn;

const MESSAGES: u32 = 100_000;

pub fn measure(scene: &Scene, runs: u32, table: &mut Table) -> anyhow::Result<()> {
    let [program, ..] = scene.programs.as_slice() else { return Ok(()) };
    let mut samples = in_turn(&[false, true], runs, |is_floor| {
        if !is_floor {
            return drain(scene, program, MESSAGES, &How::LIMITED);
        }
        program.empty_tables()?;
        let queue = scene.queue(MESSAGES, &[])?;
        let mut command = Command::new(&scene.floor);
        program.surround(&mut command);
        command.arg(MESSAGES.to_string());
        queue.lead(&mut command);
        let done = run(command)?;
        program.expect_rows(MESSAGES)?;
        Ok(sample(&done, MESSAGES, 0.0))
    })?;
    let (Some(floor), Some(mut drain)) = (samples.pop(), samples.pop()) else { return Ok(()) };
    drain.iter_mut().zip(&floor).for_each(|(drain, floor)| drain.set_against(floor));
    let messages = thousands(MESSAGES.into());
    table.add(&format!("login-drain, {messages} messages, beside the floor"), &[drain], |noted, _| {
        let [share, times] = noted else { return String::new() };
        format!("{:.0}% of the floor's rate at {times:.1} times its processor time", share * 100.0)
    })?;
    table.add(
        &format!("the floor: no signatures, bodies, masks or ledger, {messages} messages"),
        &[floor],
        |_, _| String::new(),
    )
}
