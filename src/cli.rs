//! The command line: names, defaults and help texts.

mod values;
mod variables;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{NonEmptyStringValueParser, ValueParser};
use clap::{Arg, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::failure::Failure;
use crate::mask::Personal;
use crate::reject::RejectPolicy;
use crate::report::{Remark, metrics};
use crate::screen::LogFormat;
use values::{span, whole};
use variables::StandIns;

/// Drain JSON login events from an AWS SQS queue into PostgreSQL, once, and exit.
///
/// Nothing is lost and nothing is stored twice: each batch is committed in one transaction, and only
/// committed messages are deleted from the queue.
#[derive(Debug, Parser)]
#[command(name = "login-drain", version = VERSION, max_term_width = 100, after_help = AFTER_HELP, after_long_help = AFTER_LONG_HELP)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,

    /// Form of the lines on standard error
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        global = true,
        help_heading = "Output",
        hide_short_help = true
    )]
    pub log_format: LogFormat,
}

/// What was asked for, by flags and by the variables that stand in for them.
pub struct CommandLine {
    pub cli: Cli,
    /// The variable behind each value that no flag gave, by the flag's name, such as `queue-url`.
    pub stand_ins: BTreeMap<String, String>,
    /// The first variable that cannot be used. It counts as unset, so that the failure can be told as asked.
    pub wrong: Option<Failure>,
}

/// Ends the program where the usage is wrong or help is asked for. `value` is that of a variable, if it has one.
pub fn read(value: &dyn Fn(&str) -> Option<String>) -> CommandLine {
    let mut asked = command();
    let matches = asked.get_matches_mut();
    let StandIns { found, wrong } = matches
        .subcommand()
        .and_then(|(name, given)| Some(StandIns::find(asked.find_subcommand(name)?, given, value)))
        .unwrap_or_default();
    let filled = found.iter().fold(command(), |command, stand_in| stand_in.put_into(command));
    // A check tells of every variable of a drain, and has not all its flags.
    let wrong = wrong.or_else(|| match matches.subcommand() {
        Some(("check", given)) => StandIns::find(asked.find_subcommand("drain")?, given, value).wrong,
        _ => None,
    });
    let cli = Cli::from_arg_matches(&filled.get_matches()).unwrap_or_else(|error| error.exit());
    let stand_ins = found.into_iter().map(|stand_in| (stand_in.flag, stand_in.variable)).collect();
    CommandLine { cli, stand_ins, wrong }
}

/// Every variable that stands in for a flag of some command.
pub fn variables() -> Vec<String> {
    let command = command();
    let verbs = std::iter::once(&command).chain(command.get_subcommands());
    verbs.flat_map(|verb| verb.get_arguments().filter_map(variables::variable)).collect()
}

/// The definitions of every command, the help of each flag with its variable.
pub fn command() -> clap::Command {
    let whole = |arg| with_variable(not_empty(arg));
    Cli::command().mut_args(whole).mut_subcommands(|verb| verb.mut_args(whole))
}

/// What a script's unset variable leaves of `--queue-url "$QUEUE"` would mean another queue.
fn not_empty(arg: Arg) -> Arg {
    match arg.get_value_parser().type_id() == ValueParser::string().type_id() {
        true => arg.value_parser(NonEmptyStringValueParser::new()),
        false => arg,
    }
}

/// Names the flag's own variable before others that the help may name. The short help, a line for each flag, names none.
fn with_variable(arg: Arg) -> Arg {
    let Some(variable) = variables::variable(&arg) else { return arg };
    let help = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
    let help = match help.split_once("[env: ") {
        Some((before, others)) => format!("{before}[env: {variable}, {others}"),
        None => format!("{help} [env: {variable}]"),
    };
    arg.long_help(help)
}

/// The version and the commit it was built from, as "0.1.0 (1a2b3c4)".
const VERSION: &str = env!("LOGIN_DRAIN_VERSION");

const AFTER_HELP: &str = "A first run, variables and exit codes: login-drain --help";

const AFTER_LONG_HELP: &str = "\
First run:
  export LOGIN_DRAIN_QUEUE_URL=https://sqs.eu-west-1.amazonaws.com/123456789012/login-queue
  export DATABASE_URL=postgresql://login_drain@db.internal/logins
  login-drain init-db     # create the tables
  login-drain check       # would a drain work?
  login-drain peek        # look into the queue
  login-drain drain       # from cron, as often as you like
  login-drain status      # have the last drains worked?

Each flag has a variable, LOGIN_DRAIN_ and the flag in capitals; a switch takes true or false.
Flags win over the environment, and a flag silences the variable of one that excludes it.
A variable that cannot be used is named, with exit code 1. AWS credentials are found as the AWS
tools find them.

Exit codes:
  0   drained, everything stored and deleted
  1   failed for good: configuration, permission, schema; the message says what to do
  2   wrong usage
  3   drained, but some messages were rejected or could not be deleted
  4   stopped early by a limit or a signal; nothing lost
  75  a service was out of reach or mute; nothing lost, the next run goes on";

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receive until the queue stays empty, store, delete what is stored
    Drain(Box<DrainArgs>),
    /// Show the queue and what would become of its first messages
    Peek(PeekArgs),
    /// Create the tables that are absent, and check that the others fit
    InitDb(InitDbArgs),
    /// Tell whether a drain would work, and what to do; reads only
    Check(Box<CheckArgs>),
    /// Tell whether the last drains worked: the health check
    Status(StatusArgs),
    /// Erase all that is held of some users, and count what is left
    Erase(EraseArgs),
    /// Print what is sealed of users or messages, by ids on its input
    Unseal(UnsealArgs),
    /// Print the mask of each line of standard input
    Mask(MaskCommandArgs),
    /// Print the completion script for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, as for `login-drain man | man -l -`
    Man,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Queue")]
pub struct QueueArgs {
    /// URL of the queue
    #[arg(long, value_name = "URL")]
    pub queue_url: Option<String>,

    /// Its name, if no URL is given [default: login-queue]
    #[arg(long, value_name = "NAME", conflicts_with = "queue_url")]
    pub queue_name: Option<String>,

    /// Where SQS is called
    ///
    /// [env: AWS_ENDPOINT_URL_SQS, AWS_ENDPOINT_URL] [default: from the queue URL, else AWS's own]
    #[arg(long, value_name = "URL", hide_short_help = true)]
    pub endpoint_url: Option<String>,

    /// AWS region [default: the queue URL's, the profile's]
    ///
    /// It is never guessed. [env: AWS_REGION, AWS_DEFAULT_REGION]
    #[arg(long, value_name = "NAME")]
    pub region: Option<String>,

    /// Profile of the AWS configuration files
    ///
    /// A profile that is named here goes before keys in the environment. [env: AWS_PROFILE]
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub profile: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Database")]
pub struct DatabaseArgs {
    /// Database as a URL or as key=value pairs
    ///
    /// [env: DATABASE_URL, or a file named by DATABASE_URL_FILE] [default: PGHOST, PGUSER and so on, and the password
    /// file, as psql reads them]
    #[arg(long, value_name = "URL")]
    pub database_url: Option<String>,

    /// Secret in AWS that holds its login
    ///
    /// In Secrets Manager. Its text is a URL, or JSON as RDS writes it, whose parts go before variables of the same meaning.
    #[arg(long, value_name = "ARN-OR-NAME", conflicts_with = "database_url")]
    pub database_secret: Option<String>,

    /// How to log in to the database [default: password]
    #[arg(long, value_name = "WAY", hide_short_help = true)]
    pub database_auth: Option<DatabaseAuth>,

    /// Longest time for one statement; a server that is mute for half as long again ends the run with 75
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = whole::<u64>(1..=3600),
          hide_short_help = true)]
    pub database_timeout: u64,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Masking")]
pub struct MaskArgs {
    /// Mask with HMAC-SHA-256 and the key in this file
    ///
    /// It has 32 bytes or more. [env: MASK_KEY_FILE] [default: SHA-256 without a key, which anyone can reverse for an
    /// IPv4 address in minutes]
    #[arg(long, value_name = "FILE")]
    pub mask_key_file: Option<PathBuf>,

    /// Mask with the key in this secret of AWS Secrets Manager
    ///
    /// Its whole text is the key. One that is named here goes before MASK_KEY_FILE.
    #[arg(long, value_name = "ARN-OR-NAME", conflicts_with = "mask_key_file", hide_short_help = true)]
    pub mask_key_secret: Option<String>,
}

#[derive(Debug, Args)]
pub struct DrainArgs {
    #[command(flatten)]
    pub queue: QueueArgs,

    /// Refuse to run where anything is in another region than the queue
    ///
    /// The dead-letter queue, secrets, and the database as far as its host's name tells; what no name tells of is said.
    #[arg(long, help_heading = "Queue", hide_short_help = true)]
    pub one_region: bool,

    #[command(flatten)]
    pub database: DatabaseArgs,

    /// Which UTC day create_date is
    #[arg(
        long,
        value_name = "DAY",
        default_value = "drained",
        help_heading = "Database",
        hide_short_help = true
    )]
    pub create_date: CreateDate,

    /// Trust triggers or rules of user_logins that store rows elsewhere: a row that it says it did not store is stored
    #[arg(long, help_heading = "Database", hide_short_help = true)]
    pub table_routes_rows: bool,

    #[command(flatten)]
    pub mask: MaskArgs,

    /// Keep raw values too, encrypted to this public key
    ///
    /// The ip and device_id of each stored login, for whoever has the private key: see `login-drain unseal`. The file
    /// is an X25519 key in PEM, as `openssl pkey -pubout` writes it.
    #[arg(long, value_name = "FILE", help_heading = "Masking")]
    pub seal_to: Option<PathBuf>,

    /// How many days sealed values are kept
    #[arg(long, value_name = "DAYS", default_value_t = 90, value_parser = whole::<u16>(1..=36_500),
          help_heading = "Masking", hide_short_help = true)]
    pub seal_days: u16,

    /// delete, keep or dead-letter
    ///
    /// What becomes of what is no login, once its rejection is recorded. Messages that may be logins stay on the queue whatever this says.
    #[arg(
        long,
        value_name = "POLICY",
        default_value = "delete",
        help_heading = "Rejects",
        hide_possible_values = true
    )]
    pub rejects: RejectPolicy,

    /// Delete also what could not be stored
    ///
    /// Messages that may be logins stay on the queue otherwise, and the next run tries them again.
    #[arg(long, help_heading = "Rejects")]
    pub delete_refused: bool,

    /// Where `--rejects dead-letter` sends to [default: the queue's own redrive target]
    #[arg(long, value_name = "URL", help_heading = "Rejects", hide_short_help = true)]
    pub dead_letter_queue_url: Option<String>,

    /// Fail above this share of them
    ///
    /// No reject is deleted any more, and the run fails, once more of the newest 1000 messages are no logins; 100 never.
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = whole::<u8>(0..=100),
          help_heading = "Rejects")]
    pub max_reject_percent: u8,

    /// Messages committed in one transaction
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = whole::<u32>(1..=10_000),
          help_heading = "Bounds", hide_short_help = true)]
    pub batch_size: u32,

    /// SQS receive calls in flight at once, at the most
    ///
    /// A run begins with one, and a queue that is full brings it more.
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = whole::<u32>(1..=256),
          help_heading = "Bounds", hide_short_help = true)]
    pub receivers: u32,

    /// MiB of messages held in memory at once
    ///
    /// One reply of SQS may be read beyond that, however large it is.
    #[arg(long, value_name = "MIB", default_value_t = 64, value_parser = whole::<u32>(1..=65_536),
          help_heading = "Bounds", hide_short_help = true)]
    pub memory: u32,

    /// Seconds the queue must stay empty before the run ends
    ///
    /// In two long polls.
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = whole::<u32>(0..=20),
          help_heading = "Bounds", hide_short_help = true)]
    pub wait_seconds: u32,

    /// Seconds that a service may be without any success
    ///
    /// Then the run ends with 75. SQS, credentials, secrets and the database are each waited for.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = whole::<u64>(0..=86_400),
          help_heading = "Bounds", hide_short_help = true)]
    pub patience: u64,

    /// Stop after this many messages
    #[arg(long, value_name = "N", value_parser = whole::<u64>(1..=u64::MAX), help_heading = "Bounds")]
    pub max_messages: Option<u64>,

    /// Stop receiving after this many seconds
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u64>(1..=u64::MAX), help_heading = "Bounds")]
    pub max_seconds: Option<u64>,

    /// Leave at once if another run drains this queue
    ///
    /// With 0. That is, another run with this flag, into this database.
    #[arg(long, help_heading = "Bounds")]
    pub exclusive: bool,

    /// Report what would happen; change nothing, give all back
    #[arg(long, help_heading = "Output")]
    pub dry_run: bool,

    /// Form of the summary, text or json
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        help_heading = "Output",
        hide_possible_values = true
    )]
    pub format: Format,

    /// Print nothing at all when all went well
    #[arg(long, help_heading = "Output")]
    pub quiet: bool,

    /// Write the metrics of the run here at its end
    ///
    /// Also if it failed; `-` is standard output.
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run", help_heading = "Watching")]
    pub metrics_file: Option<PathBuf>,

    /// Form of the metrics in that file
    #[arg(
        long,
        value_name = "FORM",
        default_value = "prometheus",
        requires = "metrics_file",
        help_heading = "Watching",
        hide_short_help = true
    )]
    pub metrics_format: metrics::Format,

    /// Send the metrics of the run here at its end
    ///
    /// To a Prometheus Pushgateway (http://HOST:9091, where each queue has a group of its own), or to any URL that takes
    /// their text by POST. A failed push is told and changes nothing.
    #[arg(long, value_name = "URL", conflicts_with = "dry_run", help_heading = "Watching")]
    pub metrics_push_url: Option<String>,

    /// End with 0 on these alone, as rejects,stopped
    ///
    /// For schedulers that know only success. A list of rejects, refused (what may be a login and could not be stored),
    /// delete-failures and stopped (by a limit or a signal), with commas between them: everything that happened must be
    /// named. The table of runs and the metrics keep the real code.
    #[arg(
        long,
        value_name = "WHAT",
        value_delimiter = ',',
        help_heading = "Watching",
        hide_possible_values = true
    )]
    pub exit_zero_on: Vec<Remark>,
}

#[derive(Debug, Args)]
pub struct PeekArgs {
    #[command(flatten)]
    pub queue: QueueArgs,

    /// Messages to look at
    #[arg(short = 'n', long, value_name = "N", default_value_t = 10, value_parser = whole::<u32>(1..=1000),
          help_heading = "Output")]
    pub messages: u32,

    /// Form of the output, text or json
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        help_heading = "Output",
        hide_possible_values = true
    )]
    pub format: Format,

    /// Show the queue's attributes and receive nothing
    #[arg(long, help_heading = "Output")]
    pub attributes_only: bool,
}

#[derive(Debug, Args)]
pub struct MaskCommandArgs {
    /// What the values are
    pub kind: Personal,
    #[command(flatten)]
    pub mask: MaskArgs,

    /// Print every mask that a value may have been stored under
    ///
    /// On one line: with the key, with each former one, with the value before of a rotated --mask-key-secret, and
    /// without a key.
    #[arg(long, help_heading = "Masking")]
    pub all_keys: bool,

    /// A key that masks were made with earlier; may be named again and again
    #[arg(long, value_name = "FILE", requires = "all_keys", help_heading = "Masking")]
    pub former_mask_key_file: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub struct InitDbArgs {
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// Print the SQL and touch nothing
    #[arg(long, help_heading = "Output")]
    pub print: bool,
}

/// Looks at each setting and where it came from, the credentials and whose they are, the queue, the clock, the
/// dead-letter queue, the database with its tables, its ledger and its log, the mask key and the metrics file.
///
/// It takes the flags and variables of a drain, asks for less than five seconds and changes nothing. What cannot be asked
/// without effect is not: whether messages may be received and deleted.
///
/// Exit codes: 0 a drain would work, 1 it would not, 75 something is out of reach.
#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub queue: QueueArgs,

    /// Whether a drain would refuse to run where anything is in another region than the queue
    #[arg(long, help_heading = "Queue", hide_short_help = true)]
    pub one_region: bool,
    #[command(flatten)]
    pub database: DatabaseArgs,
    #[command(flatten)]
    pub mask: MaskArgs,

    /// Public key that a drain would seal to
    #[arg(long, value_name = "FILE", help_heading = "Masking")]
    pub seal_to: Option<PathBuf>,

    /// delete, keep or dead-letter
    #[arg(
        long,
        value_name = "POLICY",
        default_value = "delete",
        help_heading = "Rejects",
        hide_possible_values = true
    )]
    pub rejects: RejectPolicy,

    /// Where `--rejects dead-letter` would send to [default: the queue's own redrive target]
    #[arg(long, value_name = "URL", help_heading = "Rejects", hide_short_help = true)]
    pub dead_letter_queue_url: Option<String>,

    /// Form of the answer, text or json
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        help_heading = "Output",
        hide_possible_values = true
    )]
    pub format: Format,

    /// Where a drain would write its metrics
    #[arg(long, value_name = "FILE", help_heading = "Watching")]
    pub metrics_file: Option<PathBuf>,

    /// Where a drain would send its metrics
    #[arg(long, value_name = "URL", help_heading = "Watching")]
    pub metrics_push_url: Option<String>,
}

/// Reads the table of runs that every drain writes to, and touches nothing else.
///
/// A queue is healthy if a run has received until the queue stayed empty or a limit was reached, that run ended no longer
/// ago than --max-age, and the last run did not fail for good. Without --queue-url or --queue-name every queue in the
/// table must be healthy; one that is drained no more is named by that line until its rows are deleted.
///
/// Exit codes: 0 healthy, 1 not healthy, 75 the database is out of reach.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// Judge this queue alone
    #[arg(long, value_name = "URL", help_heading = "Queue")]
    pub queue_url: Option<String>,

    /// Judge the queues of this name alone
    #[arg(long, value_name = "NAME", conflicts_with = "queue_url", help_heading = "Queue")]
    pub queue_name: Option<String>,

    #[command(flatten)]
    pub database: DatabaseArgs,

    /// Longest time since a good run ended, as 90s, 15m, 2h or 1d
    ///
    /// A run is recorded when it ends: allow for the longest that you expect, and bound it with --max-seconds.
    #[arg(long, value_name = "TIME", default_value = "15m", value_parser = span, help_heading = "Output")]
    pub max_age: Duration,

    /// Form of the answer, text or json
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        help_heading = "Output",
        hide_possible_values = true
    )]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct EraseArgs {
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// The one user to erase [default: ids on standard input, one a line]
    ///
    /// Every user of this machine can read it here while the program runs.
    #[arg(long, value_name = "ID")]
    pub user_id: Option<String>,

    /// Count what would be erased, and change nothing
    #[arg(long, help_heading = "Output")]
    pub dry_run: bool,

    /// Form of what is told of it, without any id, text or json
    #[arg(
        long,
        value_name = "FORM",
        default_value = "text",
        help_heading = "Output",
        hide_possible_values = true
    )]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct UnsealArgs {
    #[command(flatten)]
    pub database: DatabaseArgs,

    /// The private key of the public one that `drain --seal-to` named
    ///
    /// An X25519 key in PEM without a passphrase, as `openssl genpkey -algorithm X25519` writes it.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
}

/// Form of a result on standard output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
    Json,
}

/// Which day a row is stored under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CreateDate {
    /// The day of the run
    Drained,
    /// The day on which the message was sent, as far as the queue tells it
    Sent,
}

/// How to log in to the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DatabaseAuth {
    /// With the password of the settings, if there is one
    Password,
    /// With a token signed for each connection by the AWS credentials
    RdsIam,
}

#[cfg(test)]
mod tests {
    use super::command;

    #[test]
    fn claps_own_check_of_the_definitions_passes() {
        command().debug_assert();
    }
}
