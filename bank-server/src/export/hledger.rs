//! An hledger journal, in which every posting asserts the balance after it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use bank_engine::account::AccountId;
use bank_engine::books::Books;
use bank_engine::ledger::{Memo, Transaction};
use bank_engine::money::{Currency, Minor};

use crate::export::form::Form;
use crate::export::names::path;
use crate::export::plain_text_accounting::{date, negated};

/// The currencies that are declared.
#[derive(Default)]
pub(super) struct Hledger(BTreeSet<Currency>);

const HEADER: &str = "\
; The whole ledger of a bank, written by bankd export. Amounts are signed from the bank's side: what
; it has is positive, what it owes its customers is negative. Dates are those of UTC. In memos % ; and
; spaces at the ends are percent-encoded.
decimal-mark .
";

impl Form for Hledger {
    fn begin(&mut self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(HEADER.as_bytes())
    }

    fn transaction(&mut self, transaction: &Transaction, out: &mut dyn Write) -> io::Result<()> {
        let Transaction { id, at, amount, currency, from, to, .. } = transaction;
        for posting in [from, to] {
            if posting.entry == 1 {
                self.declare(&posting.account, *currency, out)?;
            }
        }
        let description = description(&transaction.kind.to_string(), transaction.memo.as_ref());
        writeln!(out, "\n{} * ({id}) {description}\n    ; at: {at}", date(*at))?;
        writeln!(out, "    ; day: {}", transaction.day)?;
        if let Some(about) = transaction.origin.original() {
            writeln!(out, "    ; original: {about}")?;
        }
        if let Some(operator) = &transaction.operator {
            // A comma would end the tag's value.
            writeln!(out, "    ; operator: {}", operator.text().replace('%', "%25").replace(',', "%2C"))?;
        }
        let (taken, commodity) = (amount.in_currency(*currency).to_string(), commodity(*currency));
        for (posting, amount) in [(from, taken), (to, negated(*amount, *currency))] {
            let balance = negated(posting.balance, *currency);
            writeln!(out, "    {}  {amount} {commodity} = {balance} {commodity}", path(&posting.account))?;
        }
        Ok(())
    }

    fn end(&mut self, books: &Books, out: &mut dyn Write) -> io::Result<()> {
        for account in books.accounts().iter().filter(|account| account.entries == 0) {
            self.declare(&account.id, account.currency, out)?;
        }
        Ok(())
    }
}

impl Hledger {
    fn declare(&mut self, account: &AccountId, currency: Currency, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out)?;
        if self.0.insert(currency) {
            // A decimal mark is wanted, also where no decimals follow.
            let sample = Minor::ZERO.in_currency(currency);
            let mark = if currency.exponent() == 0 { "." } else { "" };
            writeln!(out, "commodity {sample}{mark} {}", commodity(currency))?;
        }
        writeln!(out, "account {}  ; name: {account}", path(account))
    }
}

/// hledger wants quotes around a symbol with digits.
fn commodity(currency: Currency) -> String {
    let has_digit = currency.code().bytes().any(|byte| byte.is_ascii_digit());
    if has_digit { format!("\"{currency}\"") } else { currency.to_string() }
}

/// `KIND | MEMO`, which hledger takes for payee and note. It ends at a `;`, spaces at its ends are
/// not its own, and there is no way to quote.
fn description(kind: &str, memo: Option<&Memo>) -> String {
    let Some(memo) = memo.map(Memo::as_str) else { return kind.to_owned() };
    let inner = memo.trim();
    let start = memo.len() - memo.trim_start().len();
    let mut text = format!("{kind} | ");
    for (place, character) in memo.char_indices() {
        let is_edge = place < start || place >= start + inner.len();
        if is_edge || matches!(character, ';' | '%') {
            for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                text.push_str(&format!("%{byte:02X}"));
            }
        } else {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memos_lose_nothing() {
        let output = |memo: &str| description("transfer", Some(&memo.parse().unwrap()));
        assert_eq!(description("deposit", None), "deposit");
        assert_eq!(output("for \"July\" | \\ rent"), "transfer | for \"July\" | \\ rent");
        assert_eq!(output("50 % off; so"), "transfer | 50 %25 off%3B so");
        assert_eq!(output("  a  b "), "transfer | %20%20a  b%20");
        assert_eq!(output("\u{3000}ü\u{a0}"), "transfer | %E3%80%80ü%C2%A0");
        assert_eq!(output(" "), "transfer | %20");
    }
}
