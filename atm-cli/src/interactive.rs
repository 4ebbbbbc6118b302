//! The ATM itself: asks for account and PIN, shows a menu, explains what the bank says.

use std::io::Write;

use bank_engine::auth::Secret;
use bank_engine::ledger::{Memo, TransactionId};
use bank_engine::money::{Amount, Currency};
use bank_engine::protocol::{Code, Refusal};

use crate::args::Output;
use crate::connect::{Bank, Line};
use crate::failure::Failure;
use crate::keyboard::Keyboard;
use crate::one_shot::show;
use crate::secret::chosen;
use crate::underway::Unclear;
use crate::verb::{Movement, Shown};

const MENU: &str = "
  1 balance     2 deposit     3 withdraw     4 transfer
  5 statement   6 change PIN  7 log out      8 quit
";

/// Entries that a statement shows before it asks for more.
const STATEMENT_ENTRIES: u32 = 10;

/// Serves customers one after another until one quits or the input ends. The first one is asked
/// for the account unless `account` names it, and for the PIN unless `pin` holds it. Fails only
/// where the bank can't be reached at all.
///
/// Each customer has a line of their own: without a customer the ATM holds none, so that the bank
/// has nothing to hang up on.
pub async fn run(
    bank: &Bank,
    account: Option<&str>,
    pin: Option<Secret>,
    keyboard: &mut dyn Keyboard,
    screen: &mut (dyn Write + Send),
) -> Result<(), Failure> {
    let line = bank.connect().await?;
    let server = line.client.welcome().server.clone();
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
    bank: &'a Bank,
    keyboard: &'a mut dyn Keyboard,
    screen: &'a mut (dyn Write + Send),
    line: Option<Line>,
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
            let done = match choice.trim() {
                "1" | "balance" => self.balance(&customer).await,
                "2" | "deposit" => self.deposit(&customer).await,
                "3" | "withdraw" => self.withdraw(&customer).await,
                "4" | "transfer" => self.transfer(&customer).await,
                "5" | "statement" => self.statement(&customer).await,
                "6" | "change PIN" => self.change_pin().await,
                "7" | "log out" => return self.log_out().await.map(|()| Next::Customer),
                "8" | "quit" => return Ok(Next::Quit),
                "" => Ok(()),
                _ => self.say("Type a number from 1 to 8.\n"),
            };
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

    /// Asks for the PIN and takes hold of the account; `None` where the bank refused.
    async fn log_in(&mut self, account: String) -> Result<Option<Customer>, Failure> {
        let pin = match self.pin.take() {
            Some(pin) => pin,
            None => match self.keyboard.hidden("PIN: ").await? {
                Some(pin) => pin,
                None => return Ok(None),
            },
        };
        let logged_in = match self.line().await {
            Ok(line) => line.client.login(&account, pin).await.map_err(Failure::from),
            Err(failure) => Err(failure),
        };
        match logged_in {
            Ok(logged_in) => Ok(Some(Customer { account, currency: logged_in.currency })),
            Err(failure) => {
                if failure.lost_line() {
                    self.line = None;
                }
                self.explain(&failure)?;
                Ok(None)
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

    async fn balance(&mut self, customer: &Customer) -> Result<(), Failure> {
        let balance = self.line().await?.client.balance().await?;
        self.show(&Shown::Balance(balance), customer)
    }

    async fn deposit(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(amount) = self.amount().await? else { return Ok(()) };
        self.movement(customer, Movement::Deposit(amount)).await
    }

    async fn withdraw(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(amount) = self.amount().await? else { return Ok(()) };
        self.movement(customer, Movement::Withdraw(amount)).await
    }

    async fn transfer(&mut self, customer: &Customer) -> Result<(), Failure> {
        let Some(to) = self.ask("To which account (empty to cancel): ").await? else { return Ok(()) };
        let Some(amount) = self.amount().await? else { return Ok(()) };
        let memo = match self.ask("A word to them (empty for none): ").await? {
            None => None,
            Some(text) => match text.parse::<Memo>() {
                Ok(memo) => Some(memo),
                Err(error) => return self.say(&format!("That is {error}. Nothing was moved.\n")),
            },
        };
        self.movement(customer, Movement::Transfer { to, amount, memo }).await
    }

    /// Moves money. Where the line is lost before the receipt came, it connects anew and asks again
    /// with the same id, until there is a receipt, a refusal, or the customer gives up.
    async fn movement(&mut self, customer: &Customer, movement: Movement) -> Result<(), Failure> {
        let id = TransactionId::generate();
        let mut open: Option<Unclear> = None;
        loop {
            let asked = match self.line().await {
                Ok(line) => movement.ask(line, &customer.account, id).await,
                Err(failure) => Err(failure),
            };
            let failure = match asked {
                Ok(receipt) => return self.show(&Shown::Receipt(receipt), customer),
                Err(failure) => failure,
            };
            let Some(unclear) = failure.open_movement().cloned() else {
                if let Some(unclear) = open.filter(|_| !failure.settles()) {
                    self.still_unknown(&unclear)?;
                }
                return Err(failure);
            };
            open = Some(unclear.clone());
            self.explain(&failure)?;
            self.say("It is not known whether the money moved. Log in again, and the bank is asked again\nwith the same id: the money moves once at most.\n")?;
            if !self.log_in_again(customer).await? {
                self.bank.underway().end();
                return self.still_unknown(&unclear);
            }
        }
    }

    fn still_unknown(&mut self, unclear: &Unclear) -> Result<(), Failure> {
        self.say(&format!(
            "What became of it is still unknown. Look at a statement later, or ask again with\n  {}\n",
            unclear.command
        ))
    }

    /// Whether the customer is back on a new line.
    async fn log_in_again(&mut self, customer: &Customer) -> Result<bool, Failure> {
        loop {
            self.hang_up().await;
            if self.log_in(customer.account.clone()).await?.is_some() {
                return Ok(true);
            }
            let prompt = "Enter to try again, or anything else to give up: ";
            if self.keyboard.line(prompt).await?.is_none_or(|answer| !answer.trim().is_empty()) {
                return Ok(false);
            }
        }
    }

    async fn statement(&mut self, customer: &Customer) -> Result<(), Failure> {
        let mut before = None;
        loop {
            let page = self.line().await?.client.statement(Some(STATEMENT_ENTRIES), before).await?;
            before = page.next;
            self.show(&Shown::Statement(page), customer)?;
            if before.is_none() {
                return Ok(());
            }
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
    async fn line(&mut self) -> Result<&mut Line, Failure> {
        let line = match self.line.take() {
            Some(line) => line,
            None => self.bank.connect().await?,
        };
        Ok(self.line.insert(line))
    }

    /// An amount; `None` where the customer cancels or means none.
    async fn amount(&mut self) -> Result<Option<Amount>, Failure> {
        let Some(text) = self.ask("Amount (empty to cancel): ").await? else { return Ok(None) };
        match text.parse() {
            Ok(amount) => Ok(Some(amount)),
            Err(error) => self.say(&format!("That is {error}.\n")).map(|()| None),
        }
    }

    /// A typed line without space around it; `None` where it is empty or the input ended.
    async fn ask(&mut self, prompt: &str) -> Result<Option<String>, Failure> {
        let line = self.keyboard.line(prompt).await?;
        Ok(line.map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()))
    }

    fn explain(&mut self, failure: &Failure) -> Result<(), Failure> {
        let code = failure.refusal().and_then(Refusal::known_code);
        if let Some(code @ Code::SessionExpired) = code {
            return self
                .say(&format!("Sorry: the session is over; log in again (code {}).\n", code.number()));
        }
        self.say(&format!("Sorry: {failure}.\n"))
    }

    fn show(&mut self, shown: &Shown, customer: &Customer) -> Result<(), Failure> {
        self.say(&format!("\n{}", shown.text(Output::Human, customer.currency)))
    }

    fn say(&mut self, text: &str) -> Result<(), Failure> {
        show(self.screen, text)
    }
}
