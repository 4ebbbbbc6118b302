//! Runs two stores side by side on the same commands and compares them.

use std::sync::Arc;
use std::time::Duration;

use super::fixtures::{Answer, Holder, execute, page, session};
use crate::account::AccountId;
use crate::auth::SecretHash;
use crate::clock::{Clock, ManualClock};
use crate::ledger::{
    Actor, Command, Decline, Entry, HoldsQuery, LISTED_MAX, Outcome, STATEMENT_ENTRIES_MAX, Statement,
    StatementQuery,
};
use crate::store::Store;
use crate::testing::{Commands, Random};
use crate::time::Timestamp;

/// How far the clock goes ahead or back at once.
const JUMP_MS_MAX: usize = 150_000;

/// Gives two stores the same random commands and demands the same answers: a new store beside
/// [`MemoryStore`](crate::store::MemoryStore), say. Panics where they differ.
///
/// Both stores run on the mirror's clock with the same policy, of the cost
/// [`HashCost::LEAST`](crate::auth::HashCost::LEAST), are empty at first, and are asked by nobody
/// else. To open one of them anew between two runs, call [`end_sessions`](Mirror::end_sessions)
/// first, since sessions do not outlive a store.
#[derive(Debug)]
pub struct Mirror {
    clock: Arc<ManualClock>,
    latest: Timestamp,
    commands: Commands,
}

impl Mirror {
    /// Random commands, about `commands` in all, for stores on `clock`. `random` says which; for
    /// a seed that is printed and can be replayed use [`Random::from_environment`].
    pub fn new(clock: Arc<ManualClock>, commands: usize, random: Random) -> Mirror {
        let latest = clock.now();
        Mirror { clock, latest, commands: Commands::new(random, (commands / 4).max(1)) }
    }

    /// Asks both stores `commands` further commands, in batches of random size, while the clock
    /// jumps, and then does what [`compare`](Mirror::compare) does.
    pub async fn run(&mut self, left: &dyn Store, right: &dyn Store, commands: usize) {
        let mut asked = 0;
        while asked < commands {
            let size = self.batch_size().min(commands - asked);
            let batch: Vec<Command> = (0..size).map(|_| self.commands.command()).collect();
            ask(left, right, batch).await;
            asked += size;
            self.move_clock();
            if self.commands.random().below(10) == 0 {
                same_trial_balance(left, right).await;
            }
        }
        self.compare(left, right).await;
    }

    /// Ends every session that a command may have begun, and puts the clock to the latest instant
    /// that it ever showed: a store that is opened anew may have recorded nothing at that instant.
    pub async fn end_sessions(&self, left: &dyn Store, right: &dyn Store) {
        self.clock.set(self.latest);
        ask(left, right, Commands::log_outs()).await;
    }

    /// Demands equal trial balances, accounts, holds, terminals, secrets and whole statements, and
    /// ends the sessions to do so.
    pub async fn compare(&self, left: &dyn Store, right: &dyn Store) {
        same_trial_balance(left, right).await;
        self.end_sessions(left, right).await;
        let listed = [
            Command::Accounts { first: 0, limit: LISTED_MAX },
            Command::Holds(HoldsQuery::default()),
            Command::Terminals { after: None, limit: 40 },
        ];
        ask(left, right, listed.to_vec()).await;
        for account in Commands::accounts() {
            self.compare_account(left, right, account).await;
        }
    }

    async fn compare_account(&self, left: &dyn Store, right: &dyn Store, account: AccountId) {
        // A locked account answers no secret, so it is unlocked and one try is charged.
        let asked = vec![super::fixtures::unlock(account), Command::ChargeTry { account }];
        let charged = ask(left, right, asked).await.remove(1);
        let Ok(Outcome::Charged { secret: Some(hash) }) = charged else { return };
        let holder = Holder { account, session: session(u64::MAX) };
        let proof = self.commands.proof(&hash);
        let log_in = Command::LogIn { account, session: holder.session, proof };
        let entered = ask(left, right, vec![log_in, holder.log_out()]).await.remove(0);
        let knows = matches!(entered, Ok(Outcome::LoggedIn { .. }) | Err(Decline::Closed));
        assert!(knows, "{account}: {entered:?}");
        let actor = Actor::Bank;
        let mut before = None;
        loop {
            let query = StatementQuery { limit: STATEMENT_ENTRIES_MAX, before, ..StatementQuery::default() };
            let asked = Command::Statement { account, actor, query };
            let Statement { entries, next, .. } = page(ask(left, right, vec![asked]).await.remove(0));
            let balance = |entry: &Entry| Command::Balance { account, actor, at: Some(entry.at) };
            ask(left, right, entries.iter().map(balance).collect()).await;
            if next.is_none() {
                break;
            }
            assert!(before.is_none() || next < before, "the page before entry {before:?} leads to {next:?}");
            before = next;
        }
    }

    fn batch_size(&mut self) -> usize {
        let random = self.commands.random();
        let most = [1, 1, 8, 40, 300][random.below(5)];
        1 + random.below(most)
    }

    fn move_clock(&mut self) {
        let random = self.commands.random();
        let ms = random.below(JUMP_MS_MAX);
        match random.below(20) {
            0 => {
                let back = i64::try_from(ms).expect("a small number");
                self.clock.set(Timestamp::from_unix_ms(self.clock.now().unix_ms() - back));
            }
            1 => self.clock.advance(Duration::from_millis(u64::try_from(ms).expect("a small number"))),
            2..10 => self.clock.advance(Duration::from_millis(1)),
            _ => {}
        }
        self.latest = self.latest.max(self.clock.now());
    }
}

/// Asks both, and answers what both answered.
async fn ask(left: &dyn Store, right: &dyn Store, commands: Vec<Command>) -> Vec<Answer> {
    let answers = execute(left, commands.clone()).await;
    let others = execute(right, commands.clone()).await;
    for (command, (answer, other)) in commands.iter().zip(answers.iter().zip(&others)) {
        assert!(same(answer, other), "{command:?}:\n left: {answer:?}\nright: {other:?}");
    }
    answers
}

fn same(answer: &Answer, other: &Answer) -> bool {
    match (answer, other) {
        // A hash does not print itself.
        (Ok(Outcome::Charged { secret }), Ok(Outcome::Charged { secret: other })) => {
            secret.as_ref().map(SecretHash::to_bytes) == other.as_ref().map(SecretHash::to_bytes)
        }
        _ => format!("{answer:?}") == format!("{other:?}"),
    }
}

async fn same_trial_balance(left: &dyn Store, right: &dyn Store) {
    let lines = left.trial_balance().await.expect("the left store has a trial balance");
    let others = right.trial_balance().await.expect("the right store has a trial balance");
    assert_eq!(lines, others, "the trial balances differ");
    assert!(lines.iter().all(|line| line.sum() == 0), "{lines:?}");
}
