//! Cases about frames: each whole, in order, byte for byte.

use std::time::Duration;

use super::TransportFixture;
use super::line::{Line, expect_alive, expect_frame, expect_same, random_bytes, random_frame, send};
use crate::testing::Random;
use crate::transport::{Channel, FRAME_BYTES_MAX, TransportError};

/// Thousands of frames of random sizes and bytes arrive whole and in order, both ways.
pub async fn frames_arrive_whole_and_in_order(fixture: &dyn TransportFixture) {
    const FRAMES: usize = 2_000;
    let mut random = Random::from_environment();
    let mut line = Line::new(fixture).await;
    pass(&mut *line.client, &mut *line.server, &mut random, FRAMES).await;
    pass(&mut *line.server, &mut *line.client, &mut random, FRAMES).await;
}

async fn pass(from: &mut dyn Channel, to: &mut dyn Channel, random: &mut Random, frames: usize) {
    let mut same = random.clone();
    let sends = async {
        for _ in 0..frames {
            send(from, &random_frame(random)).await;
        }
    };
    let receives = async {
        for _ in 0..frames {
            expect_frame(to, &random_frame(&mut same)).await;
        }
    };
    tokio::join!(sends, receives);
}

/// Each side sends and receives by turns, as a terminal and a bank do.
pub async fn requests_and_answers_alternate(fixture: &dyn TransportFixture) {
    let mut random = Random::from_environment();
    let mut line = Line::new(fixture).await;
    for _ in 0..300 {
        let (request, answer) = (random_frame(&mut random), random_frame(&mut random));
        tokio::join!(send(&mut *line.client, &request), expect_frame(&mut *line.server, &request));
        tokio::join!(send(&mut *line.server, &answer), expect_frame(&mut *line.client, &answer));
    }
}

/// Frames of [`FRAME_BYTES_MAX`] bytes and of none arrive, next to each other, both ways.
pub async fn largest_and_empty_frames_arrive(fixture: &dyn TransportFixture) {
    let mut random = Random::from_environment();
    let mut line = Line::new(fixture).await;
    let largest = random_bytes(&mut random, FRAME_BYTES_MAX);
    let frames: [&[u8]; 7] = [b"", &largest, &largest, b"", b"", &largest, b"end"];
    let Line { client, server, .. } = &mut line;
    all(&mut **client, &mut **server, &frames).await;
    all(&mut **server, &mut **client, &frames).await;
}

async fn all(from: &mut dyn Channel, to: &mut dyn Channel, frames: &[&[u8]]) {
    let sends = async {
        for frame in frames {
            send(from, frame).await;
        }
    };
    let receives = async {
        for frame in frames {
            expect_frame(to, frame).await;
        }
    };
    tokio::join!(sends, receives);
}

/// Nothing but the line feed means anything: not a carriage return, a zero, a space at the end,
/// or what is no UTF-8.
pub async fn every_byte_but_the_line_feed_arrives(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    let bytes: Vec<u8> = (0..=u8::MAX).filter(|byte| *byte != b'\n').collect();
    for byte in &bytes {
        send(&mut *line.client, &[*byte]).await;
        expect_frame(&mut *line.server, &[*byte]).await;
    }
    for frame in [&bytes[..], b"ends so\r", b"\r", b"\r\r", b" spaces \t ", b"\0\0", b"\xff\xfe\x80"] {
        send(&mut *line.server, frame).await;
        expect_frame(&mut *line.client, frame).await;
    }
}

/// A frame of one byte too many is refused by `send`, and none of it goes out.
pub async fn oversize_frame_is_refused_and_harms_nothing(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    for size in [FRAME_BYTES_MAX + 1, 2 * FRAME_BYTES_MAX, 1 << 20] {
        let refused = line.client.send(&vec![b'x'; size]).await;
        assert!(matches!(refused, Err(TransportError::FrameTooLong)), "{refused:?}");
        expect_alive(&mut *line.client, &mut *line.server).await;
    }
}

/// A line feed anywhere in a frame is refused by `send`, and none of it goes out.
pub async fn line_feed_is_refused_and_harms_nothing(fixture: &dyn TransportFixture) {
    let mut line = Line::new(fixture).await;
    for frame in [&b"\n"[..], b"\nx", b"x\n", b"x\ny", b"x\r\n"] {
        let refused = line.server.send(frame).await;
        assert!(matches!(refused, Err(TransportError::LineFeedInFrame)), "{refused:?}");
        expect_alive(&mut *line.client, &mut *line.server).await;
    }
}

/// A `receive` dropped at any moment, also within a frame, loses no byte.
pub async fn cancelled_receive_loses_nothing(fixture: &dyn TransportFixture) {
    const FRAMES: usize = 300;
    let mut random = Random::from_environment();
    let Line { mut client, mut server, client_connection, server_connection, listener: _listener } =
        Line::new(fixture).await;
    let (mut same, mut pauses) = (random.clone(), Random::new(random.clone().number()));
    let sender = tokio::spawn(async move {
        for index in 0..FRAMES {
            send(&mut *client, &random_frame(&mut random)).await;
            if index % 4 == 0 {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
        (client, client_connection)
    });
    let mut cancelled = 0_u32;
    for _ in 0..FRAMES {
        let expected = random_frame(&mut same);
        let frame = loop {
            tokio::select! {
                biased;
                frame = server.receive() => break frame,
                () = moment(&mut pauses) => cancelled += 1,
            }
        };
        expect_same(&frame.expect("the line works").expect("a frame comes"), &expected);
    }
    assert!(cancelled > 0, "no receive was cancelled, so the case shows nothing");
    let mut client = sender.await.expect("the sender is done");
    expect_alive(&mut *client.0, &mut *server).await;
    drop(server_connection);
}

/// Long enough for another task's turn, at times for a packet.
async fn moment(random: &mut Random) {
    if random.below(4) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    } else {
        tokio::task::yield_now().await;
    }
}
