//! The interactive ATM: reads account and PIN, shows a menu, explains the bank's answers.

mod cash;
mod pay;

use std::io::Write;

use bank_engine::auth::Secret;
use bank_engine::money::Currency;
use bank_engine::protocol::{Code, RpcError};

use crate::args::Output;
use crate::connection::{BankClient, BankConnection};
use crate::drivers::currency_of;
use crate::failure::Failure;
use crate::in_flight::{OutcomeUnknown, Remedy};
use crate::keyboard::Keyboard;
use crate::requests::answer::Answer;
use crate::requests::statement::{StatementQuery, page};
use crate::screen_writer::{note, show};
use crate::screens::text;
use crate::secret::chosen;
use crate::time::{begins, ends};

const MENU: &str = "
  1 balance     2 deposit     3 withdraw     4 transfer
  5 statement   6 change PIN  7 log out      8 quit
  9 authorise  10 capture    11 void        12 transfer-batch
";

/// What can be typed behind a number.
const TIMES: &str = "Type a number from 1 to 12. A time may follow 1, and one or two follow 5: a day like
2026-01-31, or 2026-01-31T12:00:00Z.\n";

/// Entries that a statement shows before it asks for more.
const STATEMENT_ENTRIES: u32 = 10;

/// Serves customers one after another until one quits or the input ends. The first one is asked
/// for the account unless `account` names it, and for the PIN unless `pin` holds it. Fails only
/// where the bank can't be reached at all.
///
/// Each customer has a line of their own: without a customer the ATM holds none, so that the bank
/// has nothing to hang up on.
pub async fn run(
    bank: &BankConnection,
    account: Option<&str>,
    pin: Option<Secret>,
    keyboard: &mut dyn Keyboard,
    screen: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let line = bank.connect().await?;
    let server = line.client.welcome().server.clone();
    line.notices.iter().for_each(|notice| note(screen, notice));
    line.close().await;
    let mut atm = Atm { bank, keyboard, screen, line: None, pin };
    atm.say(&format!("Welcome. This is an ATM of {}.\n", server.replace(char::is_control, " ")))?;
    let mut account = account.map(str::to_owned);
    let done = loop {
        let next = atm.customer(account.take()).await;
        atm.hang_up().await;
        match next {
            Ok(Next::Customer) => {}
            Ok(Next::Quit) => break Ok(()),
            Err(failure) => break Err(failure),
        }
    };
    if done.is_ok() {
        atm.say("Goodbye.\n")?;
    }
    done
}

/// What comes after a customer, or after a choice.
#[derive(PartialEq, Eq)]
enum Next {
    Customer,
    Quit,
}

/// Someone who logged in.
struct Customer {
    account: String,
    currency: Currency,
}

struct Atm<'a> {
    bank: &'a BankConnection,
    keyboard: &'a mut dyn Keyboard,
    screen: &'a mut (dyn Write + Send),
    line: Option<BankClient>,
    /// The first customer's PIN, where it came with the account.
    pin: Option<Secret>,
}

impl Atm<'_> {
    async fn customer(&mut self, account: Option<String>) -> Result<Next, Failure> {
        let account = match account {
            Some(account) => account,
            None => match self.ask("\nAccount (empty to quit): ").await? {
                Some(account) => account,
                None => return Ok(Next::Quit),
            },
        };
        let Some(customer) = self.log_in(account).await? else { return Ok(Next::Customer) };
        self.say(&format!("Hello. The account {} is yours until you log out.\n", customer.account))?;
        loop {
            self.say(MENU)?;
            let Some(choice) = self.keyboard.line("> ").await? else { return Ok(Next::Quit) };
            let mut words = choice.split_whitespace();
            let (verb, times) = (words.next().unwrap_or_default(), words.collect::<Vec<_>>());
            let done = match (verb, times.as_slice()) {
                ("1" | "balance", []) => self.balance(&customer, None).await,
                ("1" | "balance", [at]) => self.balance(&customer, Some(at)).await,
                ("5" | "statement", times) => self.statement(&customer, times).await,
                ("6", []) | ("change", ["PIN"]) => self.change_pin().await,
                ("7", []) | ("log", ["out"]) => return self.log_out().await.map(|()| Next::Customer),
                ("", []) => Ok(()),
                (verb, []) => match verb {
                    "2" | "deposit" => self.deposit(&customer).await,
                    "3" | "withdraw" => self.withdraw(&customer).await,
                    "4" | "transfer" => self.transfer(&customer).await,
                    "8" | "quit" => return Ok(Next::Quit),
                    "9" | "authorise" => self.authorise(&customer).await,
                    "10" | "capture" => self.capture(&customer).await,
                    "11" | "void" => self.void(&customer).await,
                    "12" | "transfer-batch" => self.transfer_batch(&customer).await,
                    _ => self.say(TIMES),
                },
                _ => self.say(TIMES),
            };
            if self.line.as_ref().is_some_and(|line| !line.was_logged_in) {
                // A withdrawal was brought to its end on another line.
                done.or_else(|failure| self.explain(&failure))?;
                self.say("The line was lost meanwhile, and the session with it; log in again.\n")?;
                return Ok(Next::Customer);
            }
            let Err(failure) = done else { continue };
            self.explain(&failure)?;
            if failure.lost_line() {
                self.line = None;
            }
            if self.line.is_none() || failure.ends_session() {
                return Ok(Next::Customer);
            }
        }
    }

    /// Reads the PIN and logs in to the account; `None` where the bank refused.
    async fn log_in(&mut self, account: String) -> Result<Option<Customer>, Failure> {
        let pin = match self.pin.take() {
            Some(pin) => pin,
            None => match self.keyboard.hidden("PIN: ").await? {
                Some(pin) => pin,
                None => return Ok(None),
            },
        };
        let logged_in = match self.line().await {
            Ok(line) => line.client.login(&account, pin.clone()).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        match logged_in {
            Ok(logged_in) => {
                self.line().await?.was_logged_in = true;
                let customer = Customer { account, currency: currency_of(logged_in.currency) };
                let is_in = !logged_in.must_change || self.choose_pin(pin).await?;
                Ok(is_in.then_some(customer))
            }
            Err(failure) => {
                if failure.lost_line() {
                    self.line = None;
                }
                self.explain(&failure)?;
                Ok(None)
            }
        }
    }

    /// Has the customer choose a PIN in place of `old`, which the bank set. Whether they did.
    async fn choose_pin(&mut self, old: Secret) -> Result<bool, Failure> {
        self.say("The bank set your PIN. Choose one of your own first (empty to leave).\n")?;
        loop {
            let new = match chosen(self.keyboard).await {
                Ok(Some(new)) if new.expose().is_empty() => return Ok(false),
                Ok(Some(new)) => new,
                Ok(None) => {
                    self.say("The two differ.\n")?;
                    continue;
                }
                Err(failure) if failure.is_interruption() => return Err(failure),
                // The input ended.
                Err(_) => return Ok(false),
            };
            let changed = self.line().await?.client.change_secret(old.clone(), new).await;
            let Err(failure) = changed.map_err(Failure::from) else {
                self.say("The PIN is changed.\n")?;
                return Ok(true);
            };
            self.explain(&failure)?;
            if failure.code() != Some(Code::WeakSecret) {
                if failure.lost_line() {
                    self.line = None;
                }
                return Ok(false);
            }
        }
    }

    async fn log_out(&mut self) -> Result<(), Failure> {
        let logged_out = match &mut self.line {
            Some(line) => line.client.log_out().await.map_err(Failure::from),
            None => Ok(()),
        };
        if logged_out.is_err() {
            self.line = None; // a closed line frees the account as well
        }
        self.say("Logged out; the account is free.\n")
    }

    async fn balance(&mut self, customer: &Customer, at: Option<&str>) -> Result<(), Failure> {
        let balance = match at.map(ends) {
            None => self.line().await?.client.balance().await?,
            Some(Ok(at)) => self.line().await?.client.balance_at(at).await?,
            Some(Err(error)) => return self.say(&format!("That is {error}.\n")),
        };
        self.show(&Answer::Balance(balance), customer)
    }

    async fn statement(&mut self, customer: &Customer, times: &[&str]) -> Result<(), Failure> {
        let read = match times {
            [] => Ok((None, None)),
            [from] => begins(from).map(|from| (Some(from), None)),
            [from, to] => begins(from).and_then(|from| Ok((Some(from), Some(ends(to)?)))),
            _ => return self.say(TIMES),
        };
        let (from, to) = match read {
            Ok(span) => span,
            Err(error) => return self.say(&format!("That is {error}.\n")),
        };
        let mut wished = StatementQuery { limit: Some(STATEMENT_ENTRIES), before: None, from, to };
        loop {
            let (shown, next) = page(self.line().await?, wished).await?;
            self.show(&shown, customer)?;
            let Some(next) = next else { return Ok(()) };
            wished = next;
            let more = self.keyboard.line("Enter for older ones, anything else for the menu: ").await?;
            if more.is_none_or(|answer| !answer.trim().is_empty()) {
                return Ok(());
            }
        }
    }

    async fn change_pin(&mut self) -> Result<(), Failure> {
        let Some(old) = self.keyboard.hidden("PIN now: ").await? else { return Ok(()) };
        let Some(new) = chosen(self.keyboard).await? else {
            return self.say("The two differ. The PIN stays as it was.\n");
        };
        self.line().await?.client.change_secret(old, new).await?;
        self.say("The PIN is changed.\n")
    }

    /// Gives the line up, and the account with it.
    async fn hang_up(&mut self) {
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }

    /// The line to the bank, dialled anew where it was lost.
    async fn line(&mut self) -> Result<&mut BankClient, Failure> {
        let line = match self.line.take() {
            Some(line) => line,
            None => {
                let line = self.bank.connect().await?;
                line.notices.iter().for_each(|notice| note(self.screen, notice));
                line
            }
        };
        Ok(self.line.insert(line))
    }

    /// A typed line without space around it; `None` where it is empty or the input ended.
    async fn ask(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        let line = self.keyboard.line(prompt).await?;
        Ok(line.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()))
    }

    fn explain(&mut self, failure: &Failure) -> Result<(), Failure> {
        let code = failure.error().and_then(RpcError::known_code);
        if let Some(code @ Code::SessionExpired) = code {
            return self
                .say(&format!("Sorry: the session is over; log in again (code {}).\n", code.number()));
        }
        match failure.open_movement() {
            // How to ask again is reported once the customer gives up.
            Some(OutcomeUnknown { remedy: Remedy::Ask(_), .. }) | None => {
                self.say(&format!("Sorry: {failure}.\n"))
            }
            Some(_) => self.say(&format!("Sorry: {}.\n", failure.in_full())),
        }
    }

    fn show(&mut self, shown: &Answer, customer: &Customer) -> Result<(), Failure> {
        self.say(&format!("\n{}", text(shown, Output::Human, customer.currency)))
    }

    fn say(&mut self, text: &str) -> Result<(), Failure> {
        show(self.screen, text)
    }
}
