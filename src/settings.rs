//! What the user asked for: flags, environment, profile and files, read once into one value that does not change.

mod aws;
mod check;
mod database;
mod environment;
mod exposure;
mod mask_key;
mod openssl;
mod push_target;
mod queue;
pub mod regions;
mod seal_key;

use std::path::PathBuf;
use std::time::{Duration, Instant};

pub use crate::cli::{CreateDate, DatabaseAuth, Format};
use crate::cli::{DrainArgs, EraseArgs, InitDbArgs, MaskCommandArgs, PeekArgs, StatusArgs, UnsealArgs};
use crate::drain::run_settings::{Limits, RunSettings};
use crate::failure::Failure;
use crate::mask::{Masker, Personal};
use crate::queue::USUAL_VISIBILITY_TIMEOUT;
use crate::reject::RejectPolicy;
use crate::report::Remark;
use crate::report::metrics::{self, push};
use crate::screen::standard_error;
use crate::seal::Opener;
use crate::sqs::identity;
use crate::status::Asked;
use crate::waiting::{Patience, StopFlag, Waiting};
pub use check::Check;
pub use database::{Database, Login};
pub use environment::{Environment, terminal};
pub use queue::Queue;
pub use regions::OneRegion;

/// All that `drain` needs to know.
pub struct Drain {
    pub queue: Queue,
    pub database: Database,
    /// What the run may not leave.
    pub one_region: Option<OneRegion>,
    pub run: RunSettings,
    /// Where `--rejects dead-letter` sends to; `None` leaves it to the queue's redrive policy.
    pub dead_letter_queue_url: Option<String>,
    /// Triggers or rules of the table store rows elsewhere: a row that it did not count is stored all the same.
    pub table_routes_rows: bool,
    pub create_date: CreateDate,
    /// How long sealed values are kept.
    pub seal_days: u16,
    pub dry_run: bool,
    pub exclusive: bool,
    pub format: Format,
    pub quiet: bool,
    pub waiting: Waiting,
    /// What does not keep the program from ending with 0.
    pub excused: Vec<Remark>,
    /// What is odd and yet no reason to stop, one sentence each.
    pub warnings: Vec<String>,
}

impl Drain {
    pub fn read(args: &DrainArgs, environment: &Environment, stop: &StopFlag) -> Result<Drain, Failure> {
        let mut warnings = Vec::new();
        environment.sound()?;
        let waiting = waiting(args, stop);
        environment.explain_first_run(&args.queue)?;
        let queue = Queue::read(&args.queue, environment, waiting.clone())?;
        let database = Database::read(&args.database, queue.aws.clone(), environment, &mut warnings)?;
        let one_region = args.one_region.then(|| OneRegion::of_queue(&queue.endpoint.region));
        if let Some(only) = &one_region {
            let dead_letters = args.dead_letter_queue_url.as_deref();
            let places = regions::places(dead_letters, &args.mask, &database, &queue.aws)?;
            places.iter().try_for_each(|place| only.must_hold(place))?;
        }
        let masker = mask_key::masker(&args.mask, &queue.aws, environment, &mut warnings)?;
        Ok(Drain {
            run: RunSettings {
                limits: Limits {
                    receivers: args.receivers as usize,
                    wait_seconds: args.wait_seconds,
                    max_messages: args.max_messages,
                    fifo: queue.is_fifo(),
                },
                batch_size: args.batch_size as usize,
                max_seconds: args.max_seconds.map(Duration::from_secs),
                memory: args.memory as usize * 1024 * 1024,
                rejects: args.rejects,
                delete_refused: args.delete_refused,
                max_reject_percent: args.max_reject_percent,
                masker,
                sealer: seal_key::sealer(args.seal_to.as_deref())?,
                visibility_timeout: USUAL_VISIBILITY_TIMEOUT,
                earlier_runs: Vec::new(),
                store_patience: Patience::new(waiting.clone()),
            },
            one_region,
            waiting,
            queue,
            database,
            dead_letter_queue_url: args.dead_letter_queue_url.clone(),
            table_routes_rows: args.table_routes_rows,
            create_date: args.create_date,
            seal_days: args.seal_days,
            dry_run: args.dry_run,
            exclusive: args.exclusive,
            format: args.format,
            quiet: args.quiet,
            excused: args.exit_zero_on.clone(),
            warnings,
        })
    }

    /// Whether a message must be kept as it came, to be sent on.
    pub fn sends_dead_letters(&self) -> bool {
        self.run.rejects == RejectPolicy::DeadLetter
    }
}

/// Whoever starts a run by hand may see whom it waits for, unless all is to be quiet.
fn waiting(args: &DrainArgs, stop: &StopFlag) -> Waiting {
    Waiting {
        stop: stop.clone(),
        patience: Duration::from_secs(args.patience),
        deadline: args.max_seconds.and_then(|limit| Instant::now().checked_add(Duration::from_secs(limit))),
        tell: if args.quiet { |_| () } else { standard_error::note },
    }
}

/// Of the commands that somebody looks on at.
fn short_waiting(stop: &StopFlag) -> Waiting {
    let patience = Duration::from_secs(PATIENCE_BY_HAND);
    Waiting { stop: stop.clone(), patience, deadline: None, tell: standard_error::note }
}

/// Seconds.
const PATIENCE_BY_HAND: u64 = 10;

/// Where a run's metrics go, and in which form.
pub struct Metrics {
    /// `-` is standard output.
    pub file: Option<PathBuf>,
    /// Of what is written; what is sent is always Prometheus's text.
    pub format: metrics::Format,
    pub push_to: Option<push::Target>,
    /// The name of the queue, never its URL.
    pub queue: String,
}

impl Metrics {
    /// Read apart from the rest, so that a run that fails over a wrong setting leaves its metrics too. `None` where
    /// nobody asked for any.
    pub fn read(args: &DrainArgs, environment: &Environment) -> Result<Option<Metrics>, Failure> {
        if args.metrics_file.is_none() && args.metrics_push_url.is_none() {
            return Ok(None);
        }
        let queue = queue::label(&queue::name(&args.queue));
        Ok(Some(Metrics {
            file: args.metrics_file.clone(),
            format: args.metrics_format,
            push_to: push_target::read(args.metrics_push_url.as_deref(), &queue, environment)?,
            queue,
        }))
    }
}

/// All that `peek` needs to know.
pub struct Peek {
    pub queue: Queue,
    pub messages: usize,
    pub format: Format,
    pub attributes_only: bool,
}

impl Peek {
    pub fn read(args: &PeekArgs, environment: &Environment, stop: &StopFlag) -> Result<Peek, Failure> {
        environment.sound()?;
        environment.explain_first_run(&args.queue)?;
        Ok(Peek {
            queue: Queue::read(&args.queue, environment, short_waiting(stop))?,
            messages: args.messages as usize,
            format: args.format,
            attributes_only: args.attributes_only,
        })
    }
}

/// All that `init-db` needs to know, where it connects.
pub struct InitDb {
    pub database: Database,
    pub patience: Patience,
    /// What is odd and yet no reason to stop, one sentence each.
    pub warnings: Vec<String>,
}

impl InitDb {
    pub fn read(args: &InitDbArgs, environment: &Environment) -> Result<InitDb, Failure> {
        environment.sound()?;
        let mut warnings = Vec::new();
        let waiting = short_waiting(&StopFlag::default());
        let database = Database::read_alone(&args.database, environment, waiting.clone(), &mut warnings)?;
        Ok(InitDb { database, patience: Patience::new(waiting), warnings })
    }
}

const PATIENCE_OF_A_CHECK: Duration = Duration::from_secs(3);

/// All that `status` needs to know.
pub struct Status {
    pub database: Database,
    pub patience: Patience,
    pub asked: Asked,
    pub max_age: Duration,
    /// What is odd and yet no reason to stop, one sentence each.
    pub warnings: Vec<String>,
}

impl Status {
    pub fn read(args: &StatusArgs, environment: &Environment) -> Result<Status, Failure> {
        environment.sound()?;
        let mut warnings = Vec::new();
        let asked = match (&args.queue_url, &args.queue_name) {
            (Some(url), _) => Asked::Identity(identity(url)?),
            (None, Some(name)) => Asked::Name(name.clone()),
            (None, None) => Asked::Every,
        };
        // A check reads the first line that it is told, and has little time.
        let waiting = Waiting { patience: PATIENCE_OF_A_CHECK, ..Waiting::default() };
        let database = Database::read_alone(&args.database, environment, waiting.clone(), &mut warnings)?;
        Ok(Status { database, patience: Patience::new(waiting), asked, max_age: args.max_age, warnings })
    }
}

/// All that `erase` needs to know, but for ids on standard input.
pub struct Erase {
    pub database: Database,
    pub patience: Patience,
    /// `None` where the ids are on standard input.
    pub user_id: Option<String>,
    pub dry_run: bool,
    pub format: Format,
    /// What is odd and yet no reason to stop, one sentence each.
    pub warnings: Vec<String>,
}

impl Erase {
    pub fn read(args: &EraseArgs, environment: &Environment, stop: &StopFlag) -> Result<Erase, Failure> {
        environment.sound()?;
        let mut warnings = Vec::new();
        let waiting = short_waiting(stop);
        let database = Database::read_alone(&args.database, environment, waiting.clone(), &mut warnings)?;
        let EraseArgs { user_id, dry_run, format, .. } = args;
        Ok(Erase {
            database,
            patience: Patience::new(waiting),
            user_id: user_id.clone(),
            dry_run: *dry_run,
            format: *format,
            warnings,
        })
    }
}

/// All that `unseal` needs to know, but for the ids on standard input.
pub struct Unseal {
    pub database: Database,
    pub patience: Patience,
    pub opener: Opener,
    /// What is odd and yet no reason to stop, one sentence each.
    pub warnings: Vec<String>,
}

impl Unseal {
    pub fn read(args: &UnsealArgs, environment: &Environment) -> Result<Unseal, Failure> {
        environment.sound()?;
        let mut warnings = Vec::new();
        let waiting = short_waiting(&StopFlag::default());
        Ok(Unseal {
            opener: seal_key::opener(&args.key)?,
            database: Database::read_alone(&args.database, environment, waiting.clone(), &mut warnings)?,
            patience: Patience::new(waiting),
            warnings,
        })
    }
}

/// All that `mask` needs to know.
pub struct Mask {
    /// The one of new rows first, then those of earlier ones.
    pub maskers: Vec<Masker>,
    pub kind: Personal,
    /// What is odd and yet no reason to stop, one sentence each.
    pub warnings: Vec<String>,
}

impl Mask {
    pub fn read(args: &MaskCommandArgs, environment: &Environment) -> Result<Mask, Failure> {
        environment.sound()?;
        let mut warnings = Vec::new();
        let aws = mask_key::access(&args.mask, environment, short_waiting(&StopFlag::default()));
        let mut maskers = vec![mask_key::masker(&args.mask, &aws, environment, &mut warnings)?];
        if args.all_keys {
            maskers.extend(mask_key::former(args, &aws, &mut warnings)?);
        }
        Ok(Mask { maskers, kind: args.kind, warnings })
    }
}
