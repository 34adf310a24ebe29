//! Runs of several programs, or of one in several states, one after the other in turn.

use std::io::IsTerminal;

use crate::table::Sample;

/// The samples of each subject, in the order of the subjects. They take turns, and who goes first does too, so that
/// what else the machine does strikes all alike.
pub fn in_turn<T>(
    subjects: &[T],
    runs: u32,
    once: impl Fn(&T) -> anyhow::Result<Sample>,
) -> anyhow::Result<Vec<Vec<Sample>>> {
    let mut samples = vec![Vec::new(); subjects.len()];
    for number in 0..runs {
        if std::io::stderr().is_terminal() {
            eprint!("run {} of {runs}\r", number + 1);
        }
        let mut turn: Vec<_> = samples.iter_mut().zip(subjects).collect();
        if number % 2 == 1 {
            turn.reverse();
        }
        for (samples, subject) in turn {
            samples.push(once(subject)?);
        }
    }
    Ok(samples)
}
