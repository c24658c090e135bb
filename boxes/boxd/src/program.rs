//! What the binaries share: enroll, init, serve. Each binary adds its rule set, nothing else.

use crate::args::{ArgsError, CommandSpec, Invocation, OptionSpec, Parsed, parse};
use crate::error::{NOT_YET, REFUSED, say};
use crate::unlock::{KeyFile, Unlock, UnlockError};
use crate::{
    Bound, BoxdError, ChannelKey, ServeConfig, Stop, conclude, confine, harden, lock_memory, now,
};
use item::{BoxId, BoxKind};
use keeper::{Ground, Now, Service, StartError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use vault::{Entropy, OsEntropy, Secret, UnlockedKeys, scrub};

const STATE: OptionSpec = OptionSpec {
    name: "state",
    value: "PATH",
    about: "state folder of this box",
    required: true,
};
const UNLOCK: OptionSpec = OptionSpec {
    name: "unlock",
    value: "FILE",
    about: "key file, mode 0600, outside the state folder",
    required: true,
};

/// Makes the unlock secret if there is none, and prints the enrolment key.
pub const ENROLL: CommandSpec = CommandSpec {
    name: "enroll",
    about: "make the key file if there is none, and print the enrolment key for the ceremony",
    options: &[UNLOCK],
    example: "enroll --unlock /run/keys/box.key",
};
/// Makes the state from the ceremony's package.
pub const INIT: CommandSpec = CommandSpec {
    name: "init",
    about: "make the state folder from the package that the ceremony sealed for this box",
    options: &[
        STATE,
        UNLOCK,
        OptionSpec {
            name: "package",
            value: "FILE",
            about: "sealed package",
            required: true,
        },
    ],
    example: "init --state /var/lib/box --unlock /run/keys/box.key --package meter-1.package",
};
/// Serves.
pub const SERVE: CommandSpec = CommandSpec {
    name: "serve",
    about: "open the state folder and answer enrolled servers until SIGTERM",
    options: &[
        STATE,
        UNLOCK,
        OptionSpec {
            name: "listen",
            value: "ADDRESS",
            about: "loopback address, port 0 for any; 127.0.0.1:0 if absent",
            required: false,
        },
        OptionSpec {
            name: "tether",
            value: "stdin",
            about: "stop cleanly when standard input ends: for a supervisor that may be killed",
            required: false,
        },
        OptionSpec {
            name: "confine",
            value: "required",
            about: "do not serve unless the kernel confines the box and locks its memory",
            required: false,
        },
    ],
    example: "serve --state /var/lib/box --unlock /run/keys/box.key --listen 127.0.0.1:7101",
};
/// Holds a ceremony (keys box only).
pub const CEREMONY: CommandSpec = CommandSpec {
    name: "ceremony",
    about: "make all keys of a new installation: packages, transcript, root fingerprint",
    options: &[
        OptionSpec {
            name: "config",
            value: "FILE",
            about: "ceremony config",
            required: true,
        },
        OptionSpec {
            name: "postal-key",
            value: "FILE",
            about: "the post's key, 64 hex digits, to be imported",
            required: true,
        },
        OptionSpec {
            name: "out",
            value: "PATH",
            about: "folder that gets the results",
            required: true,
        },
    ],
    example: "ceremony --config ceremony.conf --postal-key post.key --out ceremony/",
};

/// A box ready to serve.
pub struct Opened {
    service: Box<dyn Service>,
    id: BoxId,
    channel: Secret,
    servers: Vec<[u8; 32]>,
}

impl Opened {
    /// A service on the ground that it was opened from.
    pub fn new<S: Service + 'static>(service: S, ground: impl Fn(&S) -> &Ground) -> Self {
        let on = ground(&service);
        if on.dropped_tail_bytes > 0 {
            say(format_args!(
                "journal: {} bytes of a last group that was never finished were dropped; nothing \
                 of it was acknowledged (docs/runbooks/torn-tail.md)",
                on.dropped_tail_bytes
            ));
        }
        let servers = on
            .installation
            .transcript()
            .servers
            .as_slice()
            .iter()
            .filter_map(|server| server.key.bytes().try_into().ok())
            .collect();
        Self {
            id: on.id,
            channel: on.package.channel.clone(),
            servers,
            service: Box::new(service),
        }
    }
}

/// Makes a state folder from a sealed package.
pub type Init = fn(&Path, &[u8], UnlockedKeys, Now, &mut dyn Entropy) -> Result<(), StartError>;
/// Opens a state folder.
pub type Open = fn(&Path, UnlockedKeys, Now, Box<dyn Entropy>) -> Result<Opened, StartError>;

/// One binary.
pub struct Program {
    /// Its kind of box.
    pub kind: BoxKind,
    /// Its commands.
    pub commands: &'static [CommandSpec],
    /// Makes its state.
    pub init: Init,
    /// Opens its state.
    pub open: Open,
    /// Holds a ceremony, where the binary can; says what it did.
    pub ceremony: fn(&Invocation) -> Result<String, String>,
}

impl Program {
    /// The whole `main` of a box binary.
    #[must_use]
    pub fn main(&self) -> ExitCode {
        if let Err(error) = harden() {
            return conclude(Err(error));
        }
        let name = format!("indicia-box-{}", self.kind.name().to_lowercase());
        let invocation = match parse(&name, self.commands, std::env::args_os().skip(1)) {
            Ok(Parsed::Help(text)) => {
                print!("{text}");
                return ExitCode::SUCCESS;
            }
            Ok(Parsed::Run(invocation)) => invocation,
            Err(error) => {
                eprintln!("{name}: {error}");
                return ExitCode::from(64);
            }
        };
        let outcome = match invocation.command {
            "enroll" => self.enroll(&invocation),
            "init" => self.init(&invocation),
            "serve" => match self.prepare(&invocation) {
                Ok(ready) => return conclude(run(ready)),
                Err(NotReady { why, code }) => {
                    eprintln!("{name}: {why}");
                    return ExitCode::from(code);
                }
            },
            "ceremony" => (self.ceremony)(&invocation),
            other => Err(format!("no command {other}")),
        };
        match outcome {
            Ok(text) => {
                println!("{text}");
                ExitCode::SUCCESS
            }
            Err(why) => {
                eprintln!("{name}: {why}");
                ExitCode::from(REFUSED)
            }
        }
    }

    fn enroll(&self, invocation: &Invocation) -> Result<String, String> {
        let path = invocation.need_path("unlock").map_err(text)?;
        // No state folder yet: the file only has to be where no state will be.
        let file = KeyFile::new(path.clone(), path.with_extension("no-state"));
        if !path.exists() {
            file.create(|out| OsEntropy.fill(out).is_ok())
                .map_err(text)?;
        }
        let keys = unlocked(&file)?;
        let enrolment = keys.enrolment().map_err(text)?;
        Ok(format!("enrolment {}", item::Digest(*enrolment.public())))
    }

    fn init(&self, invocation: &Invocation) -> Result<String, String> {
        let state = invocation.need_path("state").map_err(text)?;
        let package = invocation.need_path("package").map_err(text)?;
        let file = KeyFile::new(invocation.need_path("unlock").map_err(text)?, state.clone());
        let sealed =
            std::fs::read(&package).map_err(|error| format!("{}: {error}", package.display()))?;
        (self.init)(&state, &sealed, unlocked(&file)?, now(), &mut OsEntropy).map_err(text)?;
        Ok(format!("state made in {}", state.display()))
    }

    fn prepare(&self, invocation: &Invocation) -> Result<Ready, NotReady> {
        let tethered = said(invocation, "tether", "stdin").map_err(text)?;
        let insists = said(invocation, "confine", "required").map_err(text)?;
        let memory = lock_memory();
        let state = invocation.need_path("state").map_err(text)?;
        let file = KeyFile::new(invocation.need_path("unlock").map_err(text)?, state.clone());
        let listen = invocation
            .value("listen", "an address like 127.0.0.1:0")
            .map_err(text)?
            .unwrap_or(SocketAddr::from(([127, 0, 0, 1], 0)));
        let opened = (self.open)(&state, unlocked(&file)?, now(), Box::new(OsEntropy))?;
        Ok(Ready {
            opened,
            state,
            listen,
            memory,
            tethered,
            insists,
        })
    }
}

/// What `serve` was asked for, ready to run.
struct Ready {
    opened: Opened,
    state: PathBuf,
    listen: SocketAddr,
    memory: Result<(), String>,
    tethered: bool,
    insists: bool,
}

/// Why there is nothing to run, and the exit code that says whether waiting helps.
struct NotReady {
    why: String,
    code: u8,
}

impl From<String> for NotReady {
    fn from(why: String) -> Self {
        Self { why, code: REFUSED }
    }
}

impl From<StartError> for NotReady {
    fn from(error: StartError) -> Self {
        let (code, runbook) = match error.may_pass() {
            true => (NOT_YET, "disk.md"),
            false => (REFUSED, "damaged-state.md"),
        };
        let why = format!("{error} (docs/runbooks/{runbook})");
        Self { why, code }
    }
}

/// Whether an option was given that takes this one word only.
fn said(
    invocation: &Invocation,
    name: &'static str,
    word: &'static str,
) -> Result<bool, ArgsError> {
    match invocation.value::<String>(name, word)? {
        None => Ok(false),
        Some(given) if given == word => Ok(true),
        Some(_) => Err(ArgsError::Value(name, word)),
    }
}

/// Raises `stop` when standard input ends. What comes in on it is thrown away.
fn tether(stop: Stop) {
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        stop.raise();
    });
}

fn run(ready: Ready) -> Result<(), BoxdError> {
    let Opened {
        service,
        id,
        channel,
        servers,
    } = ready.opened;
    let stop = Stop::on_signals()?;
    let bound = Bound::bind(ServeConfig {
        id,
        listen: ready.listen,
        key: ChannelKey::from_seed(channel.expose())?,
        servers,
    })?;
    // The unlock secret and the keys that it opened passed over this stack.
    drop(channel);
    scrub();
    // No other thread has been made yet: see `confine`.
    let held = confine(&ready.state);
    let memory = match &ready.memory {
        Ok(()) => "memory locked".to_owned(),
        Err(why) => format!("memory NOT locked ({why})"),
    };
    let line = format!("{held}; {memory}");
    if ready.insists && !(held.is_whole() && ready.memory.is_ok()) {
        return Err(BoxdError::Confine(line));
    }
    say(line);
    if ready.tethered {
        tether(stop.try_clone()?);
    }
    bound.announce(service.kind())?;
    bound.serve(service, stop)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn unlocked(file: &dyn Unlock) -> Result<UnlockedKeys, String> {
    let secret = file.secret().map_err(|error: UnlockError| text(error))?;
    UnlockedKeys::new(&Secret::new(*secret), &mut OsEntropy).map_err(text)
}
