use bank_engine::account::{Account, Kind};

use super::*;

const TSV: Format = Format::Tsv { scale: 0 };

fn read_usd(text: &str, format: Format) -> Result<Vec<Row>, BadFile> {
    read(text.as_bytes(), format, Currency::USD, &Books::default(), Known::Stays).map(|rows| rows.new)
}

fn good(text: &str, format: Format) -> Vec<(String, String, i64)> {
    let rows = read_usd(text, format).unwrap();
    let plain = |row: &Row| {
        (
            row.account.to_string(),
            row.secret.as_ref().map_or("none", |secret| secret.expose()).to_owned(),
            row.balance.0,
        )
    };
    rows.iter().map(plain).collect()
}

fn fault(text: &str, format: Format) -> String {
    let bad = read_usd(text, format).unwrap_err();
    let [(line, fault)] = bad.lines() else { panic!("{bad}") };
    format!("line {line}: {fault}")
}

fn row_of(account: &str, secret: &str, balance: i64) -> (String, String, i64) {
    (account.to_owned(), secret.to_owned(), balance)
}

#[test]
fn csv_in_all_its_dress() {
    let text = "\u{feff}# comment, with, commas\r\nac-1, 0123, 10.5\r\n\r\n  # indented\r\n\
                ac-2,9999,0\n \t \nac-3 ,\t000000000000 , 92233720368547.07 \n#last";
    let expected = [
        row_of("ac-1", "0123", 1050),
        row_of("ac-2", "9999", 0),
        row_of("ac-3", "000000000000", 9_223_372_036_854_707),
    ];
    assert_eq!(good(text, Format::Csv), expected);
}

#[test]
fn csv_in_quotes_is_the_same() {
    let text = "\"ac-1\",\"0123\",\"10.50\"\r\nac-2,\"9999\" ,0\n";
    assert_eq!(good(text, Format::Csv), [row_of("ac-1", "0123", 1050), row_of("ac-2", "9999", 0)]);
}

#[test]
fn utf_16_is_refused_by_name() {
    let bytes: Vec<u8> = "ac-1, 1234, 1.00\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bad = read(&bytes, Format::Csv, Currency::USD, &Books::default(), Known::Stays).unwrap_err();
    assert_eq!(bad.to_string(), "it is text in UTF-16; save it as UTF-8");
}

#[test]
fn tsv_counts_as_stated() {
    let text = "ann\tpass word, 1\t1104\r\nbob\t0000\t0\n";
    assert_eq!(good(text, TSV), [row_of("ann", "pass word, 1", 110_400), row_of("bob", "0000", 0)]);
    let cents = good(text, Format::Tsv { scale: 2 });
    assert_eq!(cents.first(), Some(&row_of("ann", "pass word, 1", 1104)));
}

#[test]
fn each_bad_csv_line_is_reported_by_number() {
    let balance = "the third field is not a balance; write it like 20 or 20.00";
    let pin = "the second field is not a PIN of 4 to 12 digits";
    let account = "the first field is not an account name; use 1 to 34 letters, digits and -_.:@+/";
    let columns = "where CSV has three: account, PIN, balance";
    let decimals = "the balance has more decimals than USD (2); it is not rounded";
    let cases = [
        ("ac-1, 123, 1.00", pin),
        ("ac-1, 12a4, 1.00", pin),
        ("ac-1, 1234567890123, 1.00", pin),
        ("ac-1, , 1.00", pin),
        ("ac-1, ١٢٣٤, 1.00", pin),
        ("ac-1, password1, 1.00", pin),
        (
            "account, PIN, balance",
            "this seems to be a header row; remove it, or put # before it: account, PIN, balance",
        ),
        (
            "\"account\",\"PIN\",\"balance\"",
            "this seems to be a header row; remove it, or put # before it: account, PIN, balance",
        ),
        (
            "ac-1;1234;1,00",
            "the fields seem to be separated by semicolons; save the file with commas between them",
        ),
        (
            "ac-1, 1234, 1.23457E+15",
            "a number like 1.23457E+15 was rounded by a spreadsheet; have the column as text there, and save \
             the file again from what it was made of",
        ),
        (
            "\"ac-1, 1234, 1.00",
            "a quote is not closed on its line; a field begins and ends with one, and inside one is doubled",
        ),
        ("ac 1, 1234, 1.00", account),
        (", 1234, 1.00", account),
        ("$vault:USD, 1234, 1.00", account),
        ("ac-1, 1234, ", balance),
        ("ac-1, 1234, +1", balance),
        ("ac-1, 1234, .50", balance),
        ("ac-1, 1234, 1.00 # note", balance),
        ("ac-1, 1234, $5.00", balance),
        ("ac-1, 1234, 12.345", decimals),
        ("ac-1, 1234, 12.340", decimals),
        ("ac-1, 1234, -0.01", "the balance is below zero; an account starts with zero or more"),
        ("ac-1, 1234, 92233720368547758.08", "the balance passes the largest one that the bank can hold"),
        ("ac-1, 1234, 922337203685477580", "the balance passes the largest one that the bank can hold"),
    ];
    for (line, expected) in cases {
        assert_eq!(
            fault(&format!("# first\n{line}\n"), Format::Csv),
            format!("line 2: {expected}"),
            "{line:?}"
        );
    }
    for (line, found) in
        [("ac-1", "1 field"), ("ac-1, 1234", "2 fields"), ("ac-1, 1234, 1,000.00", "4 fields")]
    {
        assert_eq!(fault(line, Format::Csv), format!("line 1: {found} {columns}"), "{line:?}");
    }
}

#[test]
fn each_bad_tsv_line_is_reported_by_number() {
    let whole = "the third field is not a whole number; write it with digits alone";
    let secret = "the second field is neither a PIN of 4 to 12 digits nor a password of 8 to 64 characters";
    let cases = [
        ("ann\tshort\t5", secret),
        ("ann\t\t5", secret),
        ("ann\tpassword1\t5.00", whole),
        ("ann\tpassword1\t+5", whole),
        ("ann\tpassword1\t 5", whole),
        ("ann\tpassword1\t", whole),
        ("ann\tpassword1\tbalance", whole),
        ("ann\tpassword1\t-5", "the balance is below zero; an account starts with zero or more"),
        ("ann\tpassword1\t9223372036854775808", "the balance passes the largest one that the bank can hold"),
        ("ann\tpassword1\t9223372036854775807", "the balance passes the largest one that the bank can hold"),
        (
            " ann\tpassword1\t5",
            "the first field is not an account name; use 1 to 34 letters, digits and -_.:@+/",
        ),
        ("ann password1 5", "1 field where TSV has three: name, secret and balance, with tabs between"),
    ];
    for (line, expected) in cases {
        assert_eq!(fault(&format!("\n\n{line}"), TSV), format!("line 3: {expected}"), "{line:?}");
    }
}

#[test]
fn a_name_stands_once_in_the_file_and_never_in_the_bank() {
    let twice = "ac-1, 1234, 1\n\nac-2, 1234, 1\nac-1, 5678, 2\n";
    assert_eq!(fault(twice, Format::Csv), "line 4: the account is on line 1 already; remove one of the two");
}

/// Books with an account of this name, and the vault with as much cash.
fn books(name: &str, currency: Currency, balance: i64) -> Books {
    let account = |id, kind, balance| {
        let mut account = Account::new(id, kind, currency, None);
        account.balance = Minor(balance);
        account
    };
    let vault = AccountId::cash(&TerminalId::vault(), currency);
    let (customer, vault) =
        (account(name.parse().unwrap(), Kind::Customer, balance), account(vault, Kind::Cash, -balance));
    Books::restore([customer, vault]).unwrap()
}

#[test]
fn an_account_that_the_bank_has_stays_unless_that_is_forbidden() {
    let read = |books: &Books, known| {
        read(b"ac-1, 1234, 1\nac-2, 1234, 1\n", Format::Csv, Currency::USD, books, known)
    };
    let kept = books("ac-2", Currency::USD, 700);
    let rows = read(&kept, Known::Stays).unwrap();
    let names: Vec<_> = rows.new.iter().map(|row| row.account.as_str()).collect();
    assert_eq!((names, rows.known), (vec!["ac-1"], 1));

    let output = |books: &Books, known| {
        let bad = read(books, known).unwrap_err();
        let [(2, fault)] = bad.lines() else { panic!("{bad}") };
        fault.to_string()
    };
    let refused = "the bank has account ac-2 already; remove the line, or leave --all-new out";
    assert_eq!(output(&kept, Known::IsRefused), refused);
    let other = books("ac-2", "EUR".parse().unwrap(), 700);
    assert_eq!(output(&other, Known::Stays), "the bank has an account ac-2 in EUR; choose another name");
}

#[test]
fn a_file_of_known_accounts_opens_none() {
    let kept = books("ac-1", Currency::USD, 0);
    let rows = read(b"ac-1, 1234, 1\n", Format::Csv, Currency::USD, &kept, Known::Stays).unwrap();
    assert_eq!((rows.new.len(), rows.known), (0, 1));
}

#[test]
fn names_differ_by_case() {
    assert_eq!(good("ac-1, 1234, 1\nAC-1, 1234, 1", Format::Csv).len(), 2);
}

#[test]
fn what_is_not_text_or_too_long_is_refused() {
    let mut bytes = b"ac-1, 1234, 1\n".to_vec();
    bytes.extend(b"ac-\xff, 1234, 1\n");
    bytes.extend(b"a".repeat(LINE_BYTES_MAX + 1));
    let bad = read(&bytes, Format::Csv, Currency::USD, &Books::default(), Known::Stays).unwrap_err();
    assert_eq!(bad.lines(), [(2, Fault::NotUtf8), (3, Fault::LineTooLong)]);
    let longest = format!("ac-1, 1234, 1{}", " ".repeat(LINE_BYTES_MAX - 13));
    assert_eq!(good(&longest, Format::Csv).len(), 1);
}

#[test]
fn the_sum_fits_the_books() {
    let half = "46116860184273879.04";
    let text = format!("a, 1234, {half}\nb, 1234, {half}\nc, 1234, 1\n");
    let expected =
        "line 2: with this line, all balances together pass the largest sum that the bank can hold";
    assert_eq!(fault(&text, Format::Csv), expected);

    let full = books("a", Currency::USD, i64::MAX);
    let read = |text: &str| read(text.as_bytes(), Format::Csv, Currency::USD, &full, Known::Stays);
    assert_eq!(read("b, 1234, 0.01").unwrap_err().lines(), [(1, Fault::SumTooLarge)]);
    assert_eq!(read("a, 1234, 0.01\nb, 1234, 0").unwrap().known, 1);
}

#[test]
fn a_file_without_accounts_is_no_import() {
    for text in ["", "\n", "# only\n# comments\n", "\u{feff}"] {
        assert_eq!(read_usd(text, Format::Csv).unwrap_err().to_string(), "the file holds no account");
    }
}

#[test]
fn all_faults_are_reported_up_to_a_bound_and_the_rest_counted() {
    let bad = read_usd("a, 1, 1\nb, 1234, 1\nc, 1234\n", Format::Csv).unwrap_err();
    assert_eq!(
        bad.to_string(),
        "nothing was taken from the file; correct these lines and import it again\
         \n  line 1: the second field is not a PIN of 4 to 12 digits\
         \n  line 3: 2 fields where CSV has three: account, PIN, balance"
    );
    let bad = read_usd(&"x\n".repeat(BAD_LINES_TOLD_MAX + 5), Format::Csv).unwrap_err();
    assert_eq!(bad.lines().len(), BAD_LINES_TOLD_MAX);
    assert!(bad.to_string().ends_with("\n  and 5 more bad lines"), "{bad}");
}

#[test]
fn no_field_is_ever_repeated() {
    let secrets = ["4711x", "47 11", "4711,8", "-471"];
    for secret in secrets {
        for (line, format) in [
            (format!("ac-1, {secret}, 1"), Format::Csv),
            (format!("{secret}, ac-1, 1"), Format::Csv),
            (format!("ac-1, 1234, {secret}"), Format::Csv),
            (format!("471, 1234, 1\n471, 1234, {secret}"), Format::Csv),
            (format!("ann\t1.5\t{secret}"), TSV),
            (format!("{secret}\t1\t{secret}"), TSV),
        ] {
            let output = read_usd(&line, format).unwrap_err();
            assert!(!format!("{output} {output:?}").contains("471"), "{line:?}: {output}");
        }
    }
}
