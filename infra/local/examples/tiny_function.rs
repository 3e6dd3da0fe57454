//! A Lambda function that calls the Runtime API without any library, and whose payload selects what it does. The tests of
//! the process executor start it as any function binary.

use std::{
    env,
    error::Error,
    io::{BufRead, BufReader, Read, Write, stderr, stdout},
    net::TcpStream,
    process::{exit, id},
    thread::park,
};

use serde_json::{Map, Value, json};

/// Sends a request to the Runtime API. Returns the response's headers, with lower-case names, and its body.
fn call(method: &str, path: &str, body: &str) -> Result<(Map<String, Value>, String), Box<dyn Error>> {
    let address = env::var("AWS_LAMBDA_RUNTIME_API")?;
    let mut connection = TcpStream::connect(&address)?;
    let length = body.len();
    write!(
        connection,
        "{method} /2018-06-01/runtime/{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    )?;
    let mut reader = BufReader::new(connection);
    let mut headers = Map::new();
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            headers.insert(name.to_lowercase(), json!(value));
        }
        line.clear();
    }
    let mut body = String::new();
    reader.read_to_string(&mut body)?;
    Ok((headers, body))
}

fn main() -> Result<(), Box<dyn Error>> {
    if env::var("REFUSE").is_ok() {
        call("POST", "init/error", r#"{"errorType":"Config.Missing","errorMessage":"REFUSE is set"}"#)?;
        exit(1);
    }
    loop {
        let (headers, payload) = call("GET", "invocation/next", "")?;
        let request_id = headers.get("lambda-runtime-aws-request-id").and_then(Value::as_str).unwrap_or_default();
        let payload: Value = serde_json::from_str(&payload)?;
        let respond =
            |kind: &str, body: Value| call("POST", &format!("invocation/{request_id}/{kind}"), &body.to_string());
        match payload.get("do").and_then(Value::as_str) {
            Some("fail") => {
                respond(
                    "error",
                    json!({ "errorType": "Oversold", "errorMessage": "no stock", "stackTrace": ["here"] }),
                )?;
            }
            Some("exit") => exit(7),
            Some("hang") => {
                writeln!(stdout(), "hanging")?;
                stdout().flush()?;
                loop {
                    park();
                }
            }
            Some("write") => {
                writeln!(stdout(), "one\ntwo")?;
                writeln!(stderr(), "three")?;
                respond("response", Value::Null)?;
            }
            Some("answer and die") => {
                respond("response", Value::Null)?;
                exit(0);
            }
            _ => {
                let environment: Map<String, Value> = env::vars().map(|(name, value)| (name, json!(value))).collect();
                respond("response", json!({ "process": id(), "headers": headers, "environment": environment }))?;
            }
        }
    }
}
