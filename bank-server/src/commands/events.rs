//! `bankd events`: what the bank records, a line of JSON each, from any position on.
//!
//! Where a server runs it sends them; otherwise they are read from the journal, which is let go of
//! again at once. Positions are the journal's own, so they outlive both.

mod feed;

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use bank_engine::bank::Bank;
use bank_engine::error::Error;
use bank_engine::store::Position;
use bank_engine::transport::Channel;
use bank_engine_cli_support::stdout::reader_is_gone;
use feed::{Ask, LastWord};
use tokio::time::{Instant, sleep};

use crate::cli::EventsArgs;
use crate::data::DataDir;
use crate::error::CommandError;
use crate::event_json::EventWriter;
use crate::operator_connection::{
    LOOK_AGAIN_AFTER, OPERATOR_WAIT_MAX, OperatorConnectionError, holder, reach_server,
};

pub use feed::feed;

/// The socket's name in the data directory.
pub const EVENTS_SOCKET: &str = "events.sock";

/// How long a server that ended may take to come back before its journal is read here.
const SERVER_BACK_WITHIN: Duration = Duration::from_secs(2);

/// How often to look whether a journal that nobody serves has grown.
const LOOK_FOR_MORE_AFTER: Duration = Duration::from_millis(250);

/// How often to look whether the reader of the lines has gone, while there is no event.
const LOOK_FOR_READER_AFTER: Duration = Duration::from_millis(250);

/// `bankd events`. Ends when its reader has gone, whether there is an event or not.
pub async fn events(args: &EventsArgs) -> Result<(), CommandError> {
    let reader_left = async {
        while !reader_is_gone() {
            sleep(LOOK_FOR_READER_AFTER).await;
        }
    };
    tokio::select! {
        done = write_all_events(args) => done,
        () = reader_left => Ok(()),
    }
}

async fn write_all_events(args: &EventsArgs) -> Result<(), CommandError> {
    let dir = DataDir::open(&args.data.data)?;
    let journal = dir.journal()?;
    dir.check_owner().map_err(OperatorConnectionError::from)?;
    let mut following = Following { dir, after: args.after.unwrap_or_default(), follow: args.follow };
    let mut wait_until = Instant::now();
    let mut give_up = Instant::now() + OPERATOR_WAIT_MAX;
    loop {
        // Before anything is read: what comes in meanwhile is to be noticed.
        let seen = bytes(&journal);
        let after = following.after;
        let came = following.hear_server().await?;
        let came = match came {
            Came::Nobody if Instant::now() >= wait_until => following.read_journal(give_up).await?,
            came => came,
        };
        match came {
            Came::ReaderLeft => return Ok(()),
            Came::All if !args.follow => return Ok(()),
            Came::All => {
                while bytes(&journal) == seen {
                    sleep(LOOK_FOR_MORE_AFTER).await;
                }
                wait_until = Instant::now() + SERVER_BACK_WITHIN;
            }
            Came::Cut if Instant::now() >= give_up && !args.follow && following.after == after => {
                let message = "the server breaks off, again and again; try again in a moment".to_owned();
                return Err(CommandError::Events { message });
            }
            Came::Cut => {
                wait_until = Instant::now() + SERVER_BACK_WITHIN;
                if following.after != after {
                    give_up = Instant::now() + OPERATOR_WAIT_MAX;
                }
                sleep(LOOK_AGAIN_AFTER).await;
            }
            Came::Nobody => sleep(LOOK_AGAIN_AFTER).await,
        }
    }
}

/// The bytes in a directory: whether they change is all that is asked.
fn bytes(journal: &PathBuf) -> u64 {
    let files = std::fs::read_dir(journal).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|file| file.len()).fold(0, u64::saturating_add)
}

/// Why no more events come.
enum Came {
    /// All events were written.
    All,
    /// The server ended.
    Cut,
    /// No server runs and the journal is in use just now.
    Nobody,
    /// The reader of the lines has gone.
    ReaderLeft,
}

struct Following {
    dir: DataDir,
    after: Position,
    follow: bool,
}

impl Following {
    async fn hear_server(&mut self) -> Result<Came, CommandError> {
        let Some(mut channel) =
            reach_server(&self.dir, EVENTS_SOCKET).await.map_err(OperatorConnectionError::from)?
        else {
            return Ok(Came::Nobody);
        };
        let ask = Ask { after: self.after.to_string(), follow: self.follow };
        let ask = serde_json::to_vec(&ask).map_err(|error| CommandError::Output(error.into()))?;
        if channel.send(&ask).await.is_err() {
            return Ok(Came::Cut);
        }
        let came = self.hear(channel.as_mut()).await;
        channel.close().await;
        came
    }

    async fn hear(&mut self, channel: &mut dyn Channel) -> Result<Came, CommandError> {
        while let Ok(Some(frame)) = channel.receive().await {
            let word: LastWord = serde_json::from_slice(&frame).unwrap_or_default();
            let position = match word {
                LastWord { error: Some(message), .. } => return Err(CommandError::Events { message }),
                LastWord { end: Some(true), .. } => return Ok(Came::All),
                LastWord { position, .. } => position.and_then(|text| text.parse().ok()),
            };
            let not_one = || CommandError::Events { message: "the server sent what is no event".to_owned() };
            let position = position.ok_or_else(not_one)?;
            if !write_line(&frame)? {
                return Ok(Came::ReaderLeft);
            }
            self.after = position;
        }
        Ok(Came::Cut)
    }

    /// Reads what there is and lets go of the journal, so that others can have it.
    async fn read_journal(&mut self, give_up: Instant) -> Result<Came, CommandError> {
        match self.dir.open_as_served().await {
            Ok(bank) => Ok(self.read(&bank).await?),
            Err(error) => match holder(&error) {
                None => Err(error.into()),
                Some(holder) if Instant::now() >= give_up && !self.follow => {
                    Err(OperatorConnectionError::Busy { holder, data: self.dir.path().to_owned() }.into())
                }
                Some(_) => Ok(Came::Nobody),
            },
        }
    }

    async fn read(&mut self, bank: &Bank) -> Result<Came, CommandError> {
        let (mut follower, mut teller) = (bank.events(self.after), EventWriter::new(bank.clone()));
        let message =
            |error: Error| CommandError::Events { message: bank_engine::error_chain::error_chain(&error) };
        while let Some(event) = follower.try_next().await.map_err(message)? {
            let position = event.position;
            if !write_line(teller.line(event).await?.as_bytes())? {
                return Ok(Came::ReaderLeft);
            }
            self.after = position;
        }
        Ok(Came::All)
    }
}

/// Writes a line; whether somebody still reads.
fn write_line(line: &[u8]) -> Result<bool, CommandError> {
    let mut out = io::stdout().lock();
    match out.write_all(line).and_then(|()| out.write_all(b"\n")).and_then(|()| out.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(CommandError::Output(error)),
    }
}
