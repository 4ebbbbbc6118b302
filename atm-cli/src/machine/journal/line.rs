//! One line of a journal, to and from text.

use bank_engine::account::TerminalId;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::machine::journal::step::JournalStep;

/// The version of the format.
const VERSION: u32 = 1;

/// What a line says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// Whose journal it is, in the first line.
    Terminal { terminal: TerminalId },
    /// A step.
    JournalStep(JournalStep),
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    version: u32,
    terminal: TerminalId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(borrow)]
    step: &'a RawValue,
    #[serde(borrow)]
    crc: &'a str,
}

impl Line {
    pub(super) fn of(terminal: TerminalId) -> Line {
        Line::Terminal { terminal }
    }

    /// The line with its end.
    pub(super) fn written(&self) -> String {
        let step = match self {
            Line::Terminal { terminal } => {
                serde_json::value::to_raw_value(&Whose { version: VERSION, terminal: *terminal })
            }
            Line::JournalStep(step) => serde_json::value::to_raw_value(step),
        };
        let crc = step.as_ref().map(|step| crc_of(step)).unwrap_or_default();
        let line = step.and_then(|step| serde_json::to_string(&Written { step: &step, crc: &crc }));
        // Our own types have text keys and no fallible parts.
        line.unwrap_or_default() + "\n"
    }

    /// `None` for what is not a whole line.
    fn read(text: &str) -> Option<Line> {
        let text = text.strip_suffix('\n')?;
        let Written { step, crc } = serde_json::from_str(text).ok()?;
        if crc != crc_of(step) {
            return None;
        }
        match serde_json::from_str::<Whose>(step.get()) {
            Ok(Whose { version: VERSION, terminal }) => Some(Line::Terminal { terminal }),
            Ok(_) => None,
            Err(_) => serde_json::from_str(step.get()).ok().map(Line::JournalStep),
        }
    }
}

fn crc_of(step: &RawValue) -> String {
    format!("{:08x}", crc32fast::hash(step.get().as_bytes()))
}

/// The lines, and whether a torn last one was left out; or the number of the first bad one.
pub(super) fn read_lines(bytes: &[u8]) -> Result<(Vec<Line>, bool), usize> {
    let mut lines = Vec::new();
    let mut pieces = bytes.split_inclusive(|byte| *byte == b'\n').peekable();
    while let Some(piece) = pieces.next() {
        match std::str::from_utf8(piece).ok().and_then(Line::read) {
            Some(line) => lines.push(line),
            None if pieces.peek().is_none() && !is_line_and_more(piece) => return Ok((lines, true)),
            None => return Err(lines.len() + 1),
        }
    }
    Ok((lines, false))
}

/// Whether a whole line is followed by other text: then what is damaged is the end between them. A
/// crash leaves no such thing; it may leave zeros.
fn is_line_and_more(piece: &[u8]) -> bool {
    let mut values = serde_json::Deserializer::from_slice(piece).into_iter::<Written<'_>>();
    let is_line = values.next().is_some_and(|read| read.is_ok_and(|line| line.crc == crc_of(line.step)));
    let more = piece.get(values.byte_offset()..).unwrap_or_default();
    is_line && more.iter().any(|byte| !matches!(byte, 0 | b'\n'))
}
