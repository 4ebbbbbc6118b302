//! Transfer batches in parts.

use super::*;
use crate::ledger::TRANSFER_BATCH_MAX;
use crate::testing::Random;

const METHOD: &str = "admin.transfer_batch";

fn transfer(number: usize, amount: &str) -> Value {
    let id = format!("019c13ec-9e00-7000-8000-{number:012x}");
    json!({ "transaction": id, "from": "anna", "to": "bert", "amount": amount })
}

fn cents(numbers: impl IntoIterator<Item = usize>) -> Vec<Value> {
    numbers.into_iter().map(|number| transfer(number, "0.01")).collect()
}

fn part(batch: u8, part: u32, total: usize, transfers: &[Value]) -> Value {
    json!({ "batch": id(batch), "part": part, "total": total, "transfers": transfers })
}

async fn cents_of_bert(talk: &mut Talk) -> usize {
    let balance = talk.done("admin.account.balance", json!({ "account": "bert" })).await["balance"].clone();
    balance.as_str().unwrap().replace('.', "").parse().unwrap()
}

#[tokio::test]
async fn a_payroll_of_thousands_comes_in_parts_and_is_made_as_one() {
    const TRANSFERS: usize = 3_000;
    let (bank, _) = bank().await;
    let mut talk = Talk::operator(&bank).await;
    let all = cents(1..=TRANSFERS);
    let before = cents_of_bert(&mut talk).await;
    for replayed in [0, TRANSFERS] {
        let mut made = 0;
        for (number, transfers) in (1..).zip(all.chunks(REQUEST_TRANSFERS_MAX)) {
            let result = talk.done(METHOD, part(1, number, TRANSFERS, transfers)).await;
            made += transfers.len();
            assert_eq!(result["transfers"], made);
            if made < TRANSFERS {
                assert_eq!(result["receipts"], json!([]));
                talk.done("ping", Value::Null).await;
            } else {
                assert_eq!(result["replayed"], replayed);
                assert_eq!(result["receipts"].as_array().unwrap().len(), transfers.len());
            }
        }
    }
    assert_eq!(cents_of_bert(&mut talk).await - before, TRANSFERS);
}

#[tokio::test]
async fn after_a_refused_part_no_later_part_is_made() {
    let (bank, _) = bank().await;
    let mut talk = Talk::operator(&bank).await;
    let before = cents_of_bert(&mut talk).await;
    let all = cents(1..=6);
    let spoilt = [all[2].clone(), json!({ "transaction": "none" })];
    let bad = [all[2].clone(), transfer(4, "a cent")];
    let missing_total = json!({ "batch": id(1), "part": 2, "transfers": [all[2]] });
    let other_dry_run =
        json!({ "batch": id(1), "part": 2, "total": 6, "transfers": [all[2]], "dry_run": true });
    for (wrong, code) in [
        (part(1, 2, 6, &spoilt), -32602),
        (part(1, 2, 6, &bad), 1201),
        (missing_total, -32602),
        (other_dry_run, 1220),
        (part(1, 1, 6, &[]), 1216),
        (part(1, 3, 6, &all[4..]), 1220),
        (part(1, 2, 7, &all[2..4]), 1220),
        (part(2, 2, 6, &all[2..4]), 1220),
        (part(1, 2, 6, &[&all[2..], &cents([7])].concat()), 1220),
    ] {
        talk.done(METHOD, part(1, 1, 6, &all[..2])).await;
        assert_eq!(talk.refused(METHOD, wrong.clone()).await, code, "{wrong}");
        // What was sent before is gone, whether the next part comes or the same again.
        for number in [2, 3] {
            assert_eq!(talk.refused(METHOD, part(1, number, 6, &all[2..4])).await, 1220, "{wrong}");
        }
    }
    assert_eq!(cents_of_bert(&mut talk).await, before);
}

#[tokio::test]
async fn a_part_sent_twice_refuses_the_batch() {
    let (bank, _) = bank().await;
    let mut talk = Talk::operator(&bank).await;
    let all = cents(1..=6);
    talk.done(METHOD, part(1, 1, 6, &all[..2])).await;
    talk.done(METHOD, part(1, 2, 6, &all[2..4])).await;
    assert_eq!(talk.refused(METHOD, part(1, 2, 6, &all[2..4])).await, 1220);
    assert_eq!(talk.refused(METHOD, part(1, 3, 6, &all[4..])).await, 1220);
}

#[tokio::test]
async fn another_request_and_a_lost_channel_drop_the_parts_that_came() {
    let (bank, _) = bank().await;
    let mut talk = Talk::operator(&bank).await;
    let all = cents(1..=4);
    let before = cents_of_bert(&mut talk).await;
    talk.done(METHOD, part(1, 1, 4, &all[..2])).await;
    talk.0.answer(b"rubbish").await;
    assert_eq!(talk.refused(METHOD, part(1, 2, 4, &all[2..])).await, 1220);
    talk.done(METHOD, part(1, 1, 4, &all[..2])).await;
    cents_of_bert(&mut talk).await;
    assert_eq!(talk.refused(METHOD, part(1, 2, 4, &all[2..])).await, 1220);
    talk.done(METHOD, part(1, 1, 4, &all[..2])).await;
    talk = Talk::operator(&bank).await;
    assert_eq!(talk.refused(METHOD, part(1, 2, 4, &all[2..])).await, 1220);
    assert_eq!(cents_of_bert(&mut talk).await, before);
}

/// What a bank is to make of parts that come in any order, with anything between them.
struct Model {
    /// The batch that is underway, the number of the part to come next, the batch's total and how
    /// many transfers came.
    kept: Option<(u8, u32, usize, usize)>,
    made: usize,
}

impl Model {
    /// Whether a part is taken.
    fn take(&mut self, batch: u8, part: u32, total: usize, transfers: usize) -> bool {
        let came = match self.kept.take() {
            _ if part == 1 => Some(0),
            Some((kept, next, of, came)) if (kept, next, of) == (batch, part, total) => Some(came),
            _ => None,
        };
        let Some(came) = came.map(|came| came + transfers).filter(|came| *came <= total) else {
            return false;
        };
        if came < total {
            self.kept = Some((batch, part + 1, total, came));
        } else {
            self.made += total;
        }
        true
    }
}

#[tokio::test]
async fn batches_are_whole_or_not_at_all_however_their_parts_come() {
    const PARTS: usize = 3_000;
    let mut random = Random::from_environment();
    let (bank, _) = bank().await;
    let mut talk = Talk::operator(&bank).await;
    let before = cents_of_bert(&mut talk).await;
    let mut model = Model { kept: None, made: 0 };
    let (mut ids, mut taken, mut refused) = (0, 0, 0);
    for _ in 0..PARTS {
        // Mostly the part that is to come.
        let (mut batch, mut number, mut total, came) = model.kept.unwrap_or((1, 1, 2 + random.below(6), 0));
        match random.below(24) {
            0 => batch = 1 + u8::try_from(random.below(3)).unwrap(),
            1 => number = u32::try_from(random.below(4)).unwrap(),
            2 => total += 1,
            3 => {
                talk.0.answer(b"rubbish").await;
                model.kept = None;
            }
            4 => {
                talk.done("admin.session.list", json!({})).await;
                model.kept = None;
            }
            5 => {
                talk = Talk::operator(&bank).await;
                model.kept = None;
            }
            6 => drop(talk.done("ping", Value::Null).await),
            _ => {}
        }
        let most = total.saturating_sub(came).max(1);
        let too_many = if random.below(12) == 0 { 2 } else { 0 };
        let transfers = 1 + random.below(most + too_many);
        let sent = cents(ids + 1..=ids + transfers);
        ids += transfers;
        let expected = model.take(batch, number, total, transfers);
        let answer = talk.ask(METHOD, part(batch, number, total, &sent)).await;
        assert_eq!(
            answer.get("result").is_some(),
            expected,
            "{batch} {number} {total} {transfers}: {answer}"
        );
        if expected { taken += 1 } else { refused += 1 }
    }
    assert_eq!(cents_of_bert(&mut talk).await - before, model.made);
    assert!(taken > PARTS / 2 && refused > PARTS / 20 && model.made > PARTS / 4, "{taken} {refused}");
}

#[tokio::test]
async fn an_id_that_stands_twice_is_refused_with_both_numbers_in_a_later_part_too() {
    let (bank, _) = bank().await;
    let mut talk = Talk::operator(&bank).await;
    let before = cents_of_bert(&mut talk).await;
    talk.done(METHOD, part(1, 1, 4, &cents([1, 2]))).await;
    let answer = talk.ask(METHOD, part(1, 2, 4, &cents([3, 2]))).await;
    assert_eq!(answer["error"]["code"], 1221);
    assert_eq!(
        (&answer["error"]["data"]["first_transfer"], &answer["error"]["data"]["transfer"]),
        (&json!(2), &json!(4))
    );
    let answer = talk.ask(METHOD, json!({ "transfers": cents([5, 6, 5]) })).await;
    assert_eq!(
        (&answer["error"]["code"], &answer["error"]["data"]["first_transfer"]),
        (&json!(1221), &json!(1))
    );
    assert_eq!(cents_of_bert(&mut talk).await, before);
}

#[tokio::test]
async fn a_batch_has_no_more_transfers_than_one_step_makes() {
    let (bank, _) = bank().await;
    let mut talk = Talk::operator(&bank).await;
    assert_eq!(talk.refused(METHOD, part(1, 1, TRANSFER_BATCH_MAX + 1, &cents([1]))).await, 1216);
    let mut answer = Value::Null;
    for (number, transfers) in (1..).zip(cents(1..=TRANSFER_BATCH_MAX).chunks(REQUEST_TRANSFERS_MAX)) {
        answer = talk.done(METHOD, part(1, number, TRANSFER_BATCH_MAX, transfers)).await;
    }
    assert_eq!(answer["transfers"], TRANSFER_BATCH_MAX);
}
