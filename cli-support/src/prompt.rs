//! What is typed unseen. While it is, the terminal shows nothing of what is typed; whatever ends
//! the program meanwhile, it shows again afterwards what is typed.

use std::io;

#[cfg(unix)]
use std::fs::File;
#[cfg(unix)]
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

#[cfg(unix)]
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// The terminal and its settings while something is typed unseen.
#[cfg(unix)]
static UNHIDDEN: Mutex<Option<(File, Termios)>> = Mutex::new(None);

/// A line typed at the terminal, unseen, after showing `prompt`. Blocks.
///
/// A panic anywhere shows again what is typed; who catches signals calls [`restore`], and who does
/// not calls [`end_on_signals`] before.
pub fn hidden(prompt: &str) -> io::Result<String> {
    restore_on_panic();
    #[cfg(unix)]
    {
        *unhidden() = settings();
        // Before the prompt is there: who types at once is not to see it either.
        if let Some((terminal, settings)) = &*unhidden() {
            let mut quiet = settings.clone();
            quiet.local_modes.remove(LocalModes::ECHO);
            let _ = tcsetattr(terminal, OptionalActions::Now, &quiet);
        }
    }
    let typed = rpassword::prompt_password(prompt);
    restore();
    typed
}

/// Shows again what is typed, where something was being typed unseen.
pub fn restore() {
    #[cfg(unix)]
    if let Some((terminal, settings)) = unhidden().take() {
        let _ = tcsetattr(terminal, OptionalActions::Now, &settings);
    }
}

/// From now on SIGINT, SIGTERM and SIGHUP end the process with the exit code that says so, once the
/// terminal shows again what is typed. On a tokio runtime.
pub fn end_on_signals() -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::io::{IsTerminal, Write};

        use tokio::signal::unix::{SignalKind, signal};

        use crate::exit::{HUNG_UP, INTERRUPTED, TERMINATED};

        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        tokio::spawn(async move {
            let code = tokio::select! {
                _ = interrupt.recv() => INTERRUPTED,
                _ = terminate.recv() => TERMINATED,
                _ = hang_up.recv() => HUNG_UP,
            };
            restore();
            if io::stdin().is_terminal() {
                let _ = writeln!(io::stderr());
            }
            std::process::exit(code.into());
        });
    }
    Ok(())
}

fn restore_on_panic() {
    #[cfg(unix)]
    {
        static HOOKED: Once = Once::new();
        HOOKED.call_once(|| {
            let next = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                restore();
                next(panic);
            }));
        });
    }
}

#[cfg(unix)]
fn unhidden() -> MutexGuard<'static, Option<(File, Termios)>> {
    UNHIDDEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The terminal that secrets are typed at, and how it is set.
#[cfg(unix)]
fn settings() -> Option<(File, Termios)> {
    let terminal = File::open("/dev/tty").ok()?;
    let settings = tcgetattr(&terminal).ok()?;
    Some((terminal, settings))
}
