//! Text from files and inputs: UTF-8, whose byte order mark at the start, if any, is no part of it.

use std::io::{self, BufRead, ErrorKind, Read};

const MARK: &[u8] = b"\xEF\xBB\xBF";

/// What is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotText {
    /// Another encoding, by its mark or by its zeros.
    #[error("it is text in UTF-16; save it as UTF-8")]
    Utf16,
    /// Some other one.
    #[error("line {line} is not text in UTF-8")]
    NotUtf8 {
        /// The first line that is none, from 1.
        line: usize,
    },
}

impl From<NotText> for io::Error {
    fn from(error: NotText) -> io::Error {
        io::Error::new(ErrorKind::InvalidData, error)
    }
}

/// The bytes without a byte order mark at their start.
///
/// Errors: [`NotText::Utf16`].
pub fn without_mark(bytes: &[u8]) -> Result<&[u8], NotText> {
    let is_utf16 = match bytes {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => true,
        // Its first letters are ASCII, mostly.
        [0, other, ..] | [other, 0, ..] => *other != 0,
        _ => false,
    };
    if is_utf16 { Err(NotText::Utf16) } else { Ok(bytes.strip_prefix(MARK).unwrap_or(bytes)) }
}

/// The text of a whole file.
///
/// Errors: [`NotText`].
pub fn decode(bytes: &[u8]) -> Result<&str, NotText> {
    let bytes = without_mark(bytes)?;
    std::str::from_utf8(bytes).map_err(|error| {
        let good = bytes.get(..error.valid_up_to()).unwrap_or_default();
        NotText::NotUtf8 { line: 1 + good.iter().filter(|byte| **byte == b'\n').count() }
    })
}

/// The next line of an input without its end, `None` at the end of the input; `is_first` where it is
/// the input's first. At most `bytes_max` bytes.
///
/// Errors: those of the input; [`ErrorKind::InvalidInput`] for a longer line, and
/// [`ErrorKind::InvalidData`] with [`NotText`].
pub fn line(input: &mut dyn BufRead, bytes_max: usize, is_first: bool) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    let limit = u64::try_from(bytes_max).unwrap_or(u64::MAX);
    let read = input.take(limit.saturating_add(1)).read_until(b'\n', &mut line)?;
    if read > bytes_max {
        let message = format!("a line is longer than {bytes_max} bytes");
        return Err(io::Error::new(ErrorKind::InvalidInput, message));
    }
    let bytes = if is_first { without_mark(&line)? } else { &line };
    let text = std::str::from_utf8(bytes)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "a line is not text in UTF-8"))?;
    Ok((read > 0).then(|| text.trim_end_matches(['\n', '\r']).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_text() {
        assert_eq!(decode(b"\xEF\xBB\xBF1324\n"), Ok("1324\n"));
        assert_eq!(decode(b"1324"), Ok("1324"));
        assert_eq!(decode(b""), Ok(""));
        // Only one, and only at the start.
        assert_eq!(decode("\u{feff}\u{feff}a\u{feff}".as_bytes()), Ok("\u{feff}a\u{feff}"));
    }

    #[test]
    fn utf_16_is_refused_by_name() {
        let little: Vec<u8> = "1324\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = "1324\n".encode_utf16().flat_map(u16::to_be_bytes).collect();
        for bytes in [&little, &big] {
            assert_eq!(decode(bytes), Err(NotText::Utf16));
        }
        assert_eq!(decode(&[&[0xFF, 0xFE][..], &little].concat()), Err(NotText::Utf16));
        assert_eq!(decode(&[&[0xFE, 0xFF][..], &big].concat()), Err(NotText::Utf16));
        assert_eq!(decode(b"one\nM\xfcller\n"), Err(NotText::NotUtf8 { line: 2 }));
    }

    #[test]
    fn lines_lose_their_ends_and_the_first_one_its_mark() {
        let mut input: &[u8] = b"\xEF\xBB\xBFone\r\n\ntwo";
        let mut is_first = true;
        for expected in [Some("one"), Some(""), Some("two"), None] {
            assert_eq!(line(&mut input, 10, is_first).unwrap().as_deref(), expected);
            is_first = false;
        }
    }

    #[test]
    fn lines_are_short_text() {
        let kind = |bytes: &[u8]| line(&mut &bytes[..], 16, true).map_err(|error| error.kind());
        assert_eq!(kind(b"M\xfcller\n"), Err(ErrorKind::InvalidData));
        assert_eq!(kind(b"1\x003\x002\x004\x00"), Err(ErrorKind::InvalidData));
        assert_eq!(kind(&[b'x'; 16]).unwrap().unwrap().len(), 16);
        assert_eq!(kind(&[b'x'; 17]), Err(ErrorKind::InvalidInput));
    }
}
