//! A fake OTLP collector on a local port: it accepts a number of requests and decodes their spans.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read, Write},
    net::TcpListener,
    thread::JoinHandle,
};

/// One span, decoded.
#[derive(Clone, Debug, Default)]
pub(super) struct CollectedSpan {
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) kind: u64,
    /// Attributes of the span and of its resource, as text.
    pub(super) attributes: BTreeMap<String, String>,
    /// The spans it links to, as `trace-span`.
    pub(super) links: Vec<String>,
    /// The message of its error status.
    pub(super) error: Option<String>,
}

/// A collector and the thread that receives its spans.
pub(super) struct FakeCollector {
    pub(super) address: String,
    spans: JoinHandle<Vec<CollectedSpan>>,
}

impl FakeCollector {
    /// A collector that accepts this many requests.
    pub(super) fn of(requests: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let spans = std::thread::spawn(move || (0..requests).flat_map(|_| receive(&listener)).collect());
        Self { address, spans }
    }

    /// The spans, after all requests were received.
    pub(super) fn spans(self) -> Vec<CollectedSpan> {
        self.spans.join().unwrap()
    }
}

fn receive(listener: &TcpListener) -> Vec<CollectedSpan> {
    let (stream, _) = listener.accept().unwrap();
    let mut reader = BufReader::new(stream);
    let mut head = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if line.trim().is_empty() {
            break;
        }
        head.push(line.trim().to_ascii_lowercase());
    }
    assert_eq!(head[0], "post /v1/traces http/1.1");
    assert!(head.contains(&"content-type: application/x-protobuf".to_owned()), "{head:?}");
    let length = head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").unwrap();
    let mut spans = Vec::new();
    for (_, resource_spans) in parts(&body) {
        let resource = parts(&resource_spans).into_iter().find(|(number, _)| *number == 1).unwrap().1;
        for (_, scope_spans) in parts(&resource_spans).into_iter().filter(|(number, _)| *number == 2) {
            let spans_of_scope = parts(&scope_spans).into_iter().filter(|(number, _)| *number == 2);
            spans.extend(spans_of_scope.map(|(_, span)| decode(&span, &resource)));
        }
    }
    spans
}

fn decode(span: &[u8], resource: &[u8]) -> CollectedSpan {
    let mut decoded = CollectedSpan::default();
    decoded
        .attributes
        .extend(parts(resource).into_iter().filter(|(number, _)| *number == 1).map(|(_, it)| attribute(&it)));
    for (number, value) in parts(span) {
        match number {
            1 => decoded.trace = hex(&value),
            2 => decoded.id = hex(&value),
            4 => decoded.parent = hex(&value),
            5 => decoded.name = text(&value),
            6 => decoded.kind = varint(&mut value.as_slice()),
            9 => decoded.attributes.extend([attribute(&value)]),
            13 => decoded.links.push(parts(&value).iter().take(2).map(|it| hex(&it.1)).collect::<Vec<_>>().join("-")),
            15 => decoded.error = parts(&value).into_iter().find(|(number, _)| *number == 2).map(|it| text(&it.1)),
            _ => {}
        }
    }
    decoded
}

fn attribute(pair: &[u8]) -> (String, String) {
    let pair = parts(pair);
    let (number, value) = parts(&pair[1].1).remove(0);
    let value = if number == 1 { text(&value) } else { varint(&mut value.as_slice()).to_string() };
    (text(&pair[0].1), value)
}

/// The fields of a protobuf message: their numbers and bytes. A varint keeps its encoding.
fn parts(mut message: &[u8]) -> Vec<(u64, Vec<u8>)> {
    let mut parts = Vec::new();
    while !message.is_empty() {
        let tag = varint(&mut message);
        let length = match tag & 7 {
            0 => message.iter().position(|byte| byte & 0x80 == 0).unwrap() + 1,
            1 => 8,
            2 => usize::try_from(varint(&mut message)).unwrap(),
            5 => 4,
            kind => panic!("unknown wire type {kind}"),
        };
        let (value, rest) = message.split_at(length);
        parts.push((tag >> 3, value.to_vec()));
        message = rest;
    }
    parts
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (first, rest) = bytes.split_first().unwrap();
        *bytes = rest;
        number |= u64::from(first & 0x7f) << shift;
        if first & 0x80 == 0 {
            break;
        }
    }
    number
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}
