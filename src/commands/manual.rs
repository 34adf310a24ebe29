//! The completion scripts and the manual page, made of the command line's own definitions.

use clap_complete::Shell;

use crate::cli;
use crate::exit::Exit;
use crate::screen::write_out;

pub fn completions(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut cli::command(), "login-drain", &mut script);
    match shell {
        Shell::Bash => write_out(one_name(&String::from_utf8(script)?).as_bytes())?,
        _ => write_out(&script)?,
    }
    Ok(Exit::Clean)
}

/// clap_complete 4.6 looks a verb up by one spelling of a name with a hyphen and lists it by another.
fn one_name(script: &str) -> String {
    script.replace("login__subcmd__drain", "login__drain")
}

/// One page: the program, then each command.
pub fn page() -> anyhow::Result<Exit> {
    let mut command = cli::command();
    command.build();
    let mut page = Vec::new();
    let program = clap_mangen::Man::new(command.clone());
    program.render_title(&mut page)?;
    program.render_name_section(&mut page)?;
    program.render_description_section(&mut page)?;
    program.render_subcommands_section(&mut page)?;
    for verb in command.get_subcommands().filter(|verb| verb.get_name() != "help") {
        let manual = clap_mangen::Man::new(verb.clone());
        page.extend_from_slice(
            format!(".SH \"LOGIN-DRAIN {}\"\n", verb.get_name().to_uppercase()).as_bytes(),
        );
        manual.render_description_section(&mut page)?;
        manual.render_options_section(&mut page)?;
    }
    page.extend_from_slice(examples(&program)?.as_bytes());
    write_out(&page)?;
    Ok(Exit::Clean)
}

/// The first run and the exit codes, line for line: they are tables, not prose to be filled.
fn examples(program: &clap_mangen::Man) -> anyhow::Result<String> {
    let mut section = Vec::new();
    program.render_extra_section(&mut section)?;
    let text = String::from_utf8(section)?;
    let lines = text.lines().filter(|line| !line.starts_with(".SH")).collect::<Vec<_>>().join("\n");
    Ok(format!(".SH \"FIRST RUN AND EXIT CODES\"\n.nf\n{lines}\n.fi\n"))
}
