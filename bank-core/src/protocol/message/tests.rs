use serde_json::{Value, json};

use super::*;

/// As long as a frame may be; said anew, since this layer knows no transport.
const FRAME_BYTES_MAX: usize = 65_536;

const MEMBERS: &str = r#""jsonrpc":"2.0","id":7,"method":"ping""#;

fn refused(frame: impl AsRef<[u8]>) -> DecodeError {
    let frame = frame.as_ref();
    let shown = String::from_utf8_lossy(frame.get(..frame.len().min(200)).unwrap_or_default());
    match decode_request(frame) {
        Ok((_, request)) => panic!("{shown} is taken for {request:?}"),
        Err(undecodable) => undecodable,
    }
}

/// The code that `frame` gets, and whether its id was read.
fn code(frame: impl AsRef<[u8]>) -> (i32, bool) {
    let DecodeError { id, error } = refused(frame);
    (error.code, id.is_some())
}

fn ask(method: &str, params: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":7,"method":"{method}","params":{params}}}"#)
}

const NOT_JSON: (i32, bool) = (-32700, false);
const NOT_A_REQUEST: (i32, bool) = (-32600, false);

#[test]
fn what_is_not_json_is_reported() {
    for frame in
        ["", " ", "\r", "hello", "{", "}", "{}{}", "{\"id\":7,}", "{'id':7}", "nul", "\u{feff}{}", "\0"]
    {
        assert_eq!(code(frame), NOT_JSON, "{frame:?}");
    }
    for tail in
        ["", ",", ",\"params\":", "}}", "} x", ",\"params\":{\"amount\":01}}", ",\"params\":{\"a\":\"\n\"}}"]
    {
        assert_eq!(code(format!("{{{MEMBERS}{tail}")), NOT_JSON, "{tail:?}");
    }
    // Also where something else is wrong before it.
    for frame in [r#"{"x":1"#, r#"{"jsonrpc":2,"#, r#"{"id":1,"id":2,]}"#] {
        assert_eq!(code(frame), NOT_JSON, "{frame:?}");
    }
}

#[test]
fn bad_utf8_is_not_json_wherever_it_stands() {
    let good = ask("login", r#"{"account":"anna","secret":"1324"}"#);
    assert!(decode_request(good.as_bytes()).is_ok());
    for at in 0..good.len() {
        for bad in [&b"\xff"[..], b"\xc0\x80", b"\xed\xa0\x80", b"\xe2\x82"] {
            let frame = [&good.as_bytes()[..at], bad, &good.as_bytes()[at..]].concat();
            assert_eq!(code(&frame), NOT_JSON, "{bad:x?} at {at}");
        }
    }
    assert_eq!(code(b"[\"\xff\"]"), NOT_JSON);
}

#[test]
fn lone_surrogates_are_refused() {
    assert_eq!(code(r#"{"jsonrpc":"2.0","id":7,"method":"\ud800"}"#).0, -32700);
    assert_eq!(code(r#"{"jsonrpc":"2.0","id":"\udc00","method":"ping"}"#), NOT_JSON);
    assert_eq!(code(ask("login", r#"{"account":"\ud83d","secret":"1324"}"#)), (-32602, true));
    assert_eq!(code(ask("login", r#"{"account":"anna","secret":"\ud83d\ud83d"}"#)), (-32602, true));
    let pair = ask("login", r#"{"account":"\ud83d\ude00","secret":"1324"}"#);
    assert!(decode_request(pair.as_bytes()).is_ok());
}

#[test]
fn only_an_object_is_a_request() {
    for frame in ["[]", "7", "null", "true", "\"ping\"", r#"["2.0",7,"ping",null]"#, r#"[{"id":7}]"#, " [ ] "]
    {
        assert_eq!(code(frame), NOT_A_REQUEST, "{frame}");
    }
}

#[test]
fn an_envelope_has_its_members_each_once_and_no_others() {
    assert_eq!(code("{}"), NOT_A_REQUEST);
    for (frame, id_read) in [
        (r#"{"id":7,"method":"ping"}"#, true),
        (r#"{"jsonrpc":"2.0","id":7}"#, true),
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, true),
        (r#"{"jsonrpc":2.0,"id":7,"method":"ping"}"#, true),
        (r#"{"jsonrpc":null,"id":7,"method":"ping"}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"method":7}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"method":["ping"]}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","method":"ping"}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":{},"params":{}}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","Params":{}}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"result":{}}"#, true),
        (r#"{"jsonrpc":"2.0","id":7,"id":7,"method":"ping"}"#, false),
        (r#"{"jsonrpc":"2.0","method":"ping"}"#, false),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, false),
    ] {
        assert_eq!(code(frame), (-32600, id_read), "{frame}");
    }
}

#[test]
fn ids_are_whole_numbers_or_short_texts_and_come_back() {
    let longest = "ü".repeat(REQUEST_ID_CHARS_MAX);
    let texts = [String::new(), "7".to_owned(), "\u{0}\"\\\u{7f}\u{2028}😀".to_owned(), longest];
    let numbers = [0, 1, -1, i64::MAX, i64::MIN].map(|number| json!(number));
    for id in texts.map(|text| json!(text)).into_iter().chain(numbers) {
        let frame = json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string();
        let (read, _) = decode_request(frame.as_bytes()).unwrap();
        let answer: Value = serde_json::from_slice(&encode_result(&read, &json!({}))).unwrap();
        assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": id, "result": {} }));

        let frame = json!({ "jsonrpc": "2.0", "id": id, "method": "steal" }).to_string();
        let DecodeError { id: read, error } = refused(&frame);
        let answer: Value = serde_json::from_slice(&encode_refusal(read.as_ref(), &error)).unwrap();
        assert_eq!((&answer["id"], &answer["error"]["code"]), (&id, &json!(-32601)), "{frame}");
    }
    for id in [
        "null",
        "true",
        "1.5",
        "1.0",
        "1e2",
        "-0",
        "[1]",
        "{}",
        "9223372036854775808",
        "-9223372036854775809",
    ] {
        assert_eq!(code(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"ping"}}"#)), NOT_A_REQUEST, "{id}");
    }
    let long =
        format!(r#"{{"jsonrpc":"2.0","id":"{}","method":"ping"}}"#, "x".repeat(REQUEST_ID_CHARS_MAX + 1));
    assert_eq!(code(long), NOT_A_REQUEST);
}

#[test]
fn parameters_are_given_by_name() {
    for params in ["[]", "7", "\"x\"", "true", r#"["anna","1324"]"#] {
        for method in ["login", "ping", "statement"] {
            assert_eq!(code(ask(method, params)), (-32602, true), "{method} {params}");
        }
    }
    for params in [
        "{}",
        "null",
        r#"{"account":"anna"}"#,
        r#"{"account":"anna","secret":"1324","pin":"1324"}"#,
        r#"{"account":"anna","account":"anna","secret":"1324"}"#,
        r#"{"account":"anna","secret":"1324","secret":"1324"}"#,
        r#"{"account":null,"secret":"1324"}"#,
        r#"{"account":["anna"],"secret":"1324"}"#,
        r#"{"Account":"anna","secret":"1324"}"#,
    ] {
        assert_eq!(code(ask("login", params)), (-32602, true), "{params}");
    }
    assert_eq!(code(r#"{"jsonrpc":"2.0","id":7,"method":"login"}"#), (-32602, true));
    for method in ["balance", "ping", "logout"] {
        assert_eq!(code(ask(method, r#"{"x":1}"#)), (-32602, true));
        for params in ["{}", "null"] {
            assert!(decode_request(ask(method, params).as_bytes()).is_ok(), "{method} {params}");
        }
    }
}

#[test]
fn values_are_of_their_type_and_range() {
    let id = "01890a5d-ac96-774b-bcce-b302099a8057";
    for amount in ["5", "5.00", "-1", "1e400", "null", "[\"5.00\"]", "{\"value\":\"5.00\"}"] {
        let params = format!(r#"{{"transaction":"{id}","amount":{amount}}}"#);
        assert_eq!(code(ask("deposit", &params)), (-32602, true), "{amount}");
    }
    for transaction in ["null", "7", "\"\"", "\"7\"", "\"00000000-0000-0000-0000-000000000000\""] {
        let params = format!(r#"{{"transaction":{transaction},"amount":"5.00"}}"#);
        assert_eq!(code(ask("withdraw", &params)), (-32602, true), "{transaction}");
    }
    for params in [
        r#"{"limit":-1}"#,
        r#"{"limit":4294967296}"#,
        r#"{"limit":1.5}"#,
        r#"{"limit":"10"}"#,
        r#"{"limit":1e999}"#,
        r#"{"before":18446744073709551616}"#,
        r#"{"before":-1}"#,
        r#"{"befor":1}"#,
    ] {
        assert_eq!(code(ask("statement", params)), (-32602, true), "{params}");
    }
    for versions in ["1", "[1]", "[1,1,1]", "[\"1\",\"1\"]", "[-1,1]", "{\"0\":1,\"1\":1}", "[1,4294967296]"]
    {
        let params = format!(r#"{{"versions":{versions},"client":"x"}}"#);
        assert_eq!(code(ask("hello", &params)), (-32602, true), "{versions}");
    }
    let widest = ask("statement", r#"{"limit":4294967295,"before":18446744073709551615}"#);
    assert!(decode_request(widest.as_bytes()).is_ok());
    let absent = ask("statement", r#"{"limit":null,"before":null}"#);
    assert!(decode_request(absent.as_bytes()).is_ok());
}

#[test]
fn a_request_with_room_around_it_and_escapes_in_it_is_one() {
    let spaced = format!("\t {{ {MEMBERS} , \"params\" : {{ }} }} \r");
    assert!(matches!(decode_request(spaced.as_bytes()), Ok((RequestId::Number(7), Request::Ping(_)))));
    let escaped = r#"{"\u006asonrpc":"2\u002e0","id":"\u0037","method":"p\u0069ng"}"#;
    let (id, request) = decode_request(escaped.as_bytes()).unwrap();
    assert!(matches!(request, Request::Ping(_)));
    assert_eq!(id, RequestId::Text("7".to_owned()));
}

#[test]
fn nesting_without_end_is_refused_and_costs_no_stack() {
    let fits = |prefix: &str| FRAME_BYTES_MAX - prefix.len();
    let mut frames = Vec::new();
    for prefix in [
        "",
        r#"{"id":"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"ping","x":"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":"#,
        r#"{"jsonrpc":"2.0","id":7,"method":"login","params":{"secret":"#,
    ] {
        frames.push(format!("{prefix}{}", "[".repeat(fits(prefix))));
        frames.push(format!("{prefix}{}", "{\"a\":".repeat(fits(prefix) / 5)));
    }
    for frame in frames {
        assert_eq!(code(&frame), NOT_JSON, "{}", &frame[..60]);
    }
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(code(deep(30_000)), NOT_A_REQUEST);
    assert_eq!(
        code(ask("login", &format!(r#"{{"account":"anna","secret":{}}}"#, deep(30_000)))),
        (-32602, true)
    );
    assert_eq!(code(ask("ping", &format!(r#"{{"x":{}}}"#, deep(30_000)))), (-32602, true));
    assert_eq!(code(format!("{{{MEMBERS},\"x\":{}}}", deep(30_000))), (-32600, true));
}

#[test]
fn no_error_repeats_a_secret() {
    let mut frames = Vec::new();
    for secret in [
        "1324",
        "1324.5",
        "-1324",
        "[1324]",
        "[\"1324\"]",
        "{\"pin\":\"1324\"}",
        "1324e9999",
        "\"1324\\ud800\"",
    ] {
        frames.push(ask("login", &format!(r#"{{"account":"anna","secret":{secret}}}"#)));
        frames.push(ask("login", &format!(r#"{{"secret":{secret}}}"#)));
        frames.push(ask("login", &format!(r#"{{"secret":{secret},"x":1}}"#)));
        frames.push(ask("change_secret", &format!(r#"{{"old":{secret},"new":"x"}}"#)));
        frames.push(ask("change_secret", &format!(r#"{{"old":"x","new":{secret}}}"#)));
        frames.push(ask("balance", &format!(r#"{{"secret":{secret}}}"#)));
        frames.push(ask("login", &format!(r#"[{secret}]"#)));
        frames.push(ask("login", secret));
        frames.push(format!(r#"{{{MEMBERS},"secret":{secret}}}"#));
        frames.push(format!(r#"{{"secret":{secret}"#));
        frames.push(format!(r#"["anna",{secret}]"#));
    }
    for frame in frames {
        let DecodeError { id, error } = refused(&frame);
        let answer = String::from_utf8(encode_refusal(id.as_ref(), &error)).unwrap();
        assert!(!answer.contains("1324"), "{frame} is answered {answer}");
    }
}

#[test]
fn whatever_is_sent_its_answer_fits_a_frame() {
    for filling in ["x", "\\\"", "\\u0001", "\u{7f}", "é", "😀"] {
        for (head, tail) in [
            (r#"{"jsonrpc":"2.0","id":7,"method":"statement","params":{"limit":""#, r#""}}"#),
            (r#"{"jsonrpc":"2.0","id":7,"method":"statement","params":{""#, r#"":1}}"#),
            (r#"{"jsonrpc":"2.0","id":7,"method":"ping",""#, r#"":1}"#),
            (r#"{"jsonrpc":"2.0","id":7,"method":""#, r#""}"#),
            (r#"{"jsonrpc":""#, r#"","id":7,"method":"ping"}"#),
            (r#"{"jsonrpc":"2.0","method":"ping","id":""#, r#""}"#),
        ] {
            let room = FRAME_BYTES_MAX - head.len() - tail.len();
            let frame = format!("{head}{}{tail}", filling.repeat(room / filling.len()));
            let DecodeError { id, error } = refused(&frame);
            assert!(error.message.chars().count() <= UNDECODABLE_CHARS_MAX + 1);
            let answer = encode_refusal(id.as_ref(), &error);
            assert!(answer.len() <= FRAME_BYTES_MAX, "{} bytes answer {head}..", answer.len());
        }
    }
}

#[test]
fn an_answer_has_a_result_or_an_error() {
    let answer = |frame: &str| decode_answer::<Value>(frame.as_bytes());
    let result = answer(r#"{"jsonrpc":"2.0","id":1,"result":{"a":1},"later":true}"#).unwrap();
    assert_eq!((result.id, result.result), (Some(RequestId::Number(1)), Ok(json!({ "a": 1 }))));
    let error =
        answer(r#"{"jsonrpc":"2.0","id":null,"error":{"code":1999,"message":"new","later":1}}"#).unwrap();
    assert_eq!(error.id, None);
    assert_eq!(error.result.unwrap_err().known_code(), None);
    for frame in [
        "",
        "{}",
        r#"{"jsonrpc":"2.0","id":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1101,"message":""}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":"1101","message":""}}"#,
        r#"{"jsonrpc":"2.0","id":1,"error":{"code":1101}}"#,
    ] {
        assert!(answer(frame).is_err(), "{frame}");
    }
}

#[test]
fn what_a_client_encodes_a_server_decodes() {
    use super::super::{BalanceParams, HelloParams, LoginParams, NoParams, StatementParams};

    let requests = [
        Request::Hello(HelloParams { versions: [1, 1], client: "x".to_owned(), notifications: Some(true) }),
        Request::Login(LoginParams { account: "anna".to_owned(), secret: "13\"24\\".into() }),
        Request::Balance(BalanceParams::default()),
        Request::Statement(StatementParams::default()),
        Request::Ping(NoParams {}),
        Request::Logout(NoParams {}),
    ];
    for request in requests {
        let frame = encode_request(5, &request);
        let (id, decoded) = decode_request(&frame).unwrap();
        assert_eq!((id, format!("{decoded:?}")), (RequestId::Number(5), format!("{request:?}")));
    }
}
