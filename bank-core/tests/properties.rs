//! Properties that hold after any command, checked on random commands.
//!
//! `BANK_PROPERTY_COMMANDS=5000000` asks as many; `BANK_TEST_SEED` replays a run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "properties/history.rs"]
mod history;
#[path = "properties/model.rs"]
mod model;
#[path = "properties/state.rs"]
mod state;
#[path = "properties/world.rs"]
mod world;

use std::collections::BTreeMap;

use bank_engine_core::testing::Random;

use world::World;

/// A million in an optimised build, and a fifth of them in a debug build.
const COMMANDS: usize = if cfg!(debug_assertions) { 200_000 } else { 1_000_000 };

/// Worlds are small, so that their facts fit in memory and ids collide.
const COMMANDS_A_WORLD: usize = 25_000;

/// What must have happened, for every hundred thousand commands: else they prove nothing.
const AT_LEAST: &[(&str, usize)] = &[
    ("deposit", 2000),
    ("withdrawal", 800),
    ("transfer", 500),
    ("payment", 80),
    ("suspect", 200),
    ("returned", 100),
    ("reversal", 100),
    ("adjustment", 200),
    ("load", 200),
    ("unload", 70),
    ("difference", 70),
    ("opening", 5),
    ("hold captured", 300),
    ("hold captured in part", 80),
    ("hold voided", 200),
    ("hold expired", 300),
    ("suspect cleared up", 150),
    ("suspect counted", 20),
    ("suspect cleared up after a count", 20),
    ("transfer batch made", 80),
    ("transfer batch of a bank made", 50),
    ("dry run", 1500),
    ("replayed", 5000),
    ("reversal in part", 25),
    ("allowance given back", 40),
    ("hold captured on another day", 20),
    ("closed", 10),
    ("disputed", 20),
    ("dispute resolved", 5),
    ("dispute resolved with money", 10),
    ("limits changed", 100),
    ("frozen", 50),
    ("thawed", 30),
    ("AccountExists", 20),
    ("TerminalDisabled", 100),
    ("NoSuchFreeze", 30),
    ("notes counted", 300),
    ("TransactionLimit", 200),
    ("DayAmountLimit", 500),
    ("DayCountLimit", 300),
    ("NotesUnavailable", 40),
    ("NotesCounted", 100),
    ("InsufficientFunds", 200),
    ("OutOfCash", 150),
    ("Frozen", 300),
    ("OtherCurrency", 150),
    ("MustChangeSecret", 50),
    ("HoldCaptured", 150),
    ("HoldVoided", 80),
    ("HoldExpired", 150),
    ("DispenseSuspect", 50),
    ("DispenseOrdered", 10),
    ("DispenseUnderway", 20),
    ("AlreadyReversed", 1),
    ("IdReused", 700),
];

fn commands() -> usize {
    match std::env::var("BANK_PROPERTY_COMMANDS") {
        Ok(text) => text.parse().expect("a number of commands"),
        Err(_) => COMMANDS,
    }
}

#[test]
fn the_books_hold_under_random_commands() {
    let mut random = Random::from_environment();
    let commands = commands();
    let mut happened = BTreeMap::new();
    for _ in 0..commands.div_ceil(COMMANDS_A_WORLD) {
        let seed = random.number();
        let mut world = World::new(seed);
        for _ in 0..COMMANDS_A_WORLD {
            world.step();
        }
        world.rebuild();
        for (what, times) in world.happened() {
            *happened.entry(what.clone()).or_insert(0) += times;
        }
    }
    println!("{happened:#?}");
    for (what, least) in AT_LEAST {
        let times = happened.get(*what).copied().unwrap_or(0);
        let least = least * commands / 100_000;
        assert!(times >= least, "{what} happened {times} times, not {least}: the commands prove too little");
    }
}
