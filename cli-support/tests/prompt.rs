//! A prompt on a terminal of its own, and what becomes of that terminal's settings.
#![cfg(target_os = "linux")]

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Set for the process that is to panic while its prompt is open.
const PANICS: &str = "BANK_TEST_PANIC_AT_PROMPT";

/// `script` gives the command a terminal of its own, whose settings are printed afterwards.
#[test]
fn a_panic_at_a_hidden_prompt_leaves_a_terminal_that_shows_what_is_typed() {
    if std::env::var_os(PANICS).is_some() {
        let asking = std::thread::spawn(|| bank_engine_cli_support::prompt::hidden("PIN: "));
        let hides = || {
            let terminal = std::fs::File::open("/dev/tty").unwrap();
            let settings = Command::new("stty").arg("-a").stdin(terminal).output().unwrap();
            String::from_utf8_lossy(&settings.stdout).contains(" -echo ")
        };
        while !hides() {
            std::thread::sleep(Duration::from_millis(5));
        }
        let other = std::thread::spawn(|| panic!("a fault elsewhere in the program"));
        assert!(other.join().is_err() && !asking.is_finished());
        std::process::exit(101);
    }
    let test = "a_panic_at_a_hidden_prompt_leaves_a_terminal_that_shows_what_is_typed";
    let program = std::env::current_exe().unwrap();
    let all = format!(
        "{PANICS}=1 '{}' --exact {test} --nocapture; echo \"ended in $?\"; stty -a",
        program.display()
    );
    let mut child = Command::new("script")
        .args(["-qec", &all, "/dev/null"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut shown = String::new();
    child.stdout.take().unwrap().read_to_string(&mut shown).unwrap();
    child.wait().unwrap();
    assert!(shown.contains("PIN: ") && shown.contains("ended in 101"), "{shown}");
    assert!(shown.contains(" echo ") && !shown.contains(" -echo "), "{shown}");
}
