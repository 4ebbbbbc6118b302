//! Commands on the journal as a whole: `verify`, `backup`, `restore` and `head`. All but `restore`
//! work while a server runs, and none of them changes the journal it reads.

use std::fmt::Write;
use std::path::PathBuf;

use bank_engine::books::TrialBalance;
use bank_engine::clock::{Clock, SystemClock};
use bank_engine::dates::CLOCK_JUMP_MAX;
use bank_engine::journal::{self, Head, Verified};
use bank_engine::money::{Currency, total_text};
use bank_engine::time::Timestamp;
use serde::Serialize;

use crate::cli::{BackupArgs, DataArgs, ReadArgs, RestoreArgs, VerifyArgs};
use crate::data::{DataDir, DataError};
use crate::error::CommandError;
use crate::output::{answer, confirm};
use crate::progress::Bar;

/// `bankd verify`.
pub fn verify(VerifyArgs { head, read: args }: &VerifyArgs) -> Result<(), CommandError> {
    let path = journal_of(args)?;
    let mut bar = Bar::new("verifying");
    let verified = journal::verify(&path, &mut |done, all| bar.show(done, all));
    drop(bar);
    let mut verified = VerifiedView::of(&verified?);
    if let Some(hash) = head {
        verified.kept_head = Some(journal::find(&path, hash)?.ok_or(CommandError::HeadMissing)?);
    }
    answer(args.output.output, &verified, &verified.text())
}

/// `bankd head`.
pub fn head(args: &ReadArgs) -> Result<(), CommandError> {
    let head = HeadView::of(&journal::head(&journal_of(args)?)?);
    let HeadView { journal, batches, hash, at } = &head;
    let text = format!("head    {hash}\nbatches {batches}\nat      {at}\njournal {journal}\n");
    answer(args.output.output, &head, &text)
}

/// `bankd backup`.
pub fn back_up(args: &BackupArgs) -> Result<(), CommandError> {
    let from = DataDir::open(&args.data.data)?.journal()?;
    let mut bar = Bar::new("copying");
    let head = journal::back_up(&from, &args.to, &mut |done, all| bar.show(done, all));
    drop(bar);
    let head = HeadView::of(&head?);
    let text = format!("{} holds {}\n", args.to.display(), head.text());
    confirm(args.output.output, &head, &text)
}

/// `bankd restore`.
pub fn restore(args: &RestoreArgs) -> Result<(), CommandError> {
    let to = DataDir::create(&args.data.data)?.place_for_journal()?;
    let mut bar = Bar::new("restoring");
    let verified = journal::restore(&args.from, &to, &mut |done, all| bar.show(done, all));
    drop(bar);
    let verified = VerifiedView::of(&verified?);
    confirm(args.output.output, &verified, &format!("{}{} is ready\n", verified.text(), to.display()))
}

fn journal_of(args: &ReadArgs) -> Result<PathBuf, DataError> {
    match &args.backup {
        Some(path) => Ok(path.clone()),
        None => {
            let DataArgs { data } = &args.data;
            DataDir::open(data)?.journal()
        }
    }
}

#[derive(Serialize)]
struct HeadView {
    journal: String,
    batches: u64,
    hash: String,
    at: Timestamp,
}

impl HeadView {
    fn of(head: &Head) -> HeadView {
        let hash = head.hash.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        HeadView { journal: format!("{:032x}", head.journal), batches: head.batches, hash, at: head.at }
    }

    fn text(&self) -> String {
        let HeadView { batches, hash, at, .. } = self;
        format!("{batches} batch{}, the last of {at}, head {hash}", if *batches == 1 { "" } else { "es" })
    }
}

#[derive(Serialize)]
struct VerifiedView {
    head: HeadView,
    segments: u32,
    bytes: u64,
    transactions: u64,
    accounts: usize,
    trial_balance: Vec<Line>,
    /// Bytes of a last batch that is not whole.
    unfinished: Option<u64>,
    /// How far the last record is dated ahead of this machine's clock, where that is more than a clock
    /// may jump.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_ahead_seconds: Option<i64>,
    /// The number of the batch whose hash was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_head: Option<u64>,
}

#[derive(Serialize)]
struct Line {
    currency: Currency,
    accounts: usize,
    debits: String,
    credits: String,
}

impl VerifiedView {
    fn of(verified: &Verified) -> VerifiedView {
        let line = |line: &TrialBalance| Line {
            currency: line.currency,
            accounts: line.accounts,
            debits: total_text(line.debits, line.currency),
            credits: total_text(line.credits, line.currency),
        };
        VerifiedView {
            head: HeadView::of(&verified.head),
            segments: verified.segments,
            bytes: verified.bytes,
            transactions: verified.transactions,
            accounts: verified.accounts,
            trial_balance: verified.trial_balance.iter().map(line).collect(),
            unfinished: verified.torn,
            clock_ahead_seconds: ahead_of_clock(verified.head.at),
            kept_head: None,
        }
    }

    fn text(&self) -> String {
        let VerifiedView {
            head,
            segments,
            bytes,
            transactions,
            accounts,
            trial_balance,
            unfinished,
            clock_ahead_seconds,
            kept_head,
        } = self;
        let mut text = format!(
            "read         {bytes} bytes, {segments} segment{}, {}\ntransactions {transactions}\n\
             accounts     {accounts}, the bank's own among them\n",
            if *segments == 1 { "" } else { "s" },
            head.text()
        );
        for Line { currency, debits, credits, .. } in trial_balance {
            let _ = writeln!(text, "{currency}          debits {debits}, credits {credits}");
        }
        if let Some(bytes) = unfinished {
            let _ = writeln!(
                text,
                "unfinished   {bytes} bytes at the end: being written now, or cut short by a crash; \
                 no receipt was given for them"
            );
        }
        if let Some(seconds) = clock_ahead_seconds {
            let _ = writeln!(
                text,
                "clock        the last record is dated {seconds} s ahead of this machine's clock; one of the \
                 two is wrong"
            );
        }
        if let Some(batch) = kept_head {
            let _ = writeln!(text, "kept head    is batch {batch}: nothing up to there was changed");
        }
        text + "the journal is whole, and all balances sum to zero\n"
    }
}

/// How many seconds a record is ahead of this machine's clock, if by more than a clock may jump.
fn ahead_of_clock(at: Timestamp) -> Option<i64> {
    let wall = SystemClock.now();
    (at > wall.after(CLOCK_JUMP_MAX)).then(|| (at.unix_ms() - wall.unix_ms()) / 1000)
}
