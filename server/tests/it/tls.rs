//! The TLS port of `deploy/tls`, with real certificates and a client of another make.

use crate::support::haproxy::{configuration, haproxy};
use crate::support::{IndexFolder, Listen, PATIENCE, Sandbox, Server, comes_true, is_missing, payload};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/tls/tls.cfg");

struct Balancer(Child);

impl Drop for Balancer {
    fn drop(&mut self) {
        // Ended already, or ended by this.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn openssl(folder: &Path, arguments: &str) {
    let output = Command::new("openssl").args(arguments.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A key and a certificate of `ca` for `name`.
fn certify(folder: &Path, ca: &str, name: &str) {
    const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";
    std::fs::write(folder.join("names"), format!("subjectAltName=DNS:{name}")).unwrap();
    openssl(folder, &format!("req {KEY} -subj /CN={name} -keyout {name}.key -out {name}.csr"));
    openssl(
        folder,
        &format!(
            "x509 -req -in {name}.csr -CA {ca}.pem -CAkey {ca}.key -CAcreateserial -days 2 -extfile names -out {name}.pem"
        ),
    );
}

fn authority(folder: &Path, name: &str) {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} -keyout {name}.key -out \
             {name}.pem"
        ),
    );
}

/// A request with the certificate of `client`, if one is named.
fn curl(folder: &Path, port: u16, client: Option<&str>) -> Output {
    let mut command = Command::new("curl");
    command.args(["-s", "-w", " %{http_code}", "--cacert", "ca.pem", "--max-time", "10"]);
    command.args(["--resolve", &format!("localhost:{port}:127.0.0.1"), "-d", &payload(1)]);
    if let Some(client) = client {
        command.args(["--cert", &format!("{client}.pem"), "--key", &format!("{client}.key")]);
    }
    command.arg(format!("https://localhost:{port}/fraud-score")).current_dir(folder).output().unwrap()
}

#[test]
fn only_listed_clients_with_a_certificate_are_answered() {
    let tools = [("haproxy", haproxy()), ("curl", Command::new("curl")), ("openssl", Command::new("openssl"))];
    for (name, mut probe) in tools {
        let version = match name {
            "haproxy" => "-v",
            "curl" => "--version",
            _ => "version",
        };
        if is_missing(name, probe.arg(version)) {
            return;
        }
    }
    let place = IndexFolder::new();
    let server = Server::start(&place, Listen::Unix, Sandbox::None, &[]);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    authority(folder, "ca");
    authority(folder, "stranger");
    for name in ["localhost", "payments", "former"] {
        certify(folder, "ca", name);
    }
    certify(folder, "stranger", "intruder");
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    std::fs::write(folder.join("both.pem"), read("localhost.pem") + &read("localhost.key")).unwrap();
    std::fs::write(folder.join("clients"), "payments\n").unwrap();
    std::fs::write(folder.join("haproxy.cfg"), configuration()).unwrap();

    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let socket = server.address.strip_prefix("unix:").unwrap();
    let mut command = haproxy();
    command.args(["-db", "-f", "haproxy.cfg", "-f", TLS]).current_dir(folder).stdin(Stdio::null());
    command.env("FRAUDRING_BIND", format!("unix@{}", place.path("plain.sock").display()));
    command.env("FRAUDRING_MAXCONN", "100").env("FRAUDRING_SOCKET_1", socket).env("FRAUDRING_SOCKET_2", socket);
    command.env("FRAUDRING_TLS_BIND", format!("127.0.0.1:{port}")).env("FRAUDRING_TLS_CERT", "both.pem");
    command.env("FRAUDRING_TLS_CLIENT_CA", "ca.pem").env("FRAUDRING_TLS_CLIENTS", "clients");
    let mut balancer = Balancer(command.spawn().unwrap());
    assert!(comes_true(PATIENCE, || {
        assert_eq!(balancer.0.try_wait().unwrap(), None, "haproxy does not start");
        TcpStream::connect(("127.0.0.1", port)).is_ok()
    }));

    let expected = format!("{} 200", place.expected(&payload(1)));
    let mut listed = String::new();
    assert!(
        comes_true(PATIENCE, || {
            listed = String::from_utf8(curl(folder, port, Some("payments")).stdout).unwrap();
            listed == expected
        }),
        "{listed}"
    );
    let former = String::from_utf8(curl(folder, port, Some("former")).stdout).unwrap();
    assert!(former.ends_with(" 403") && former.contains("not on the list"), "{former}");
    for client in [None, Some("intruder")] {
        let refused = curl(folder, port, client);
        assert!(!refused.status.success(), "{client:?}: {}", String::from_utf8_lossy(&refused.stdout));
        assert!(String::from_utf8_lossy(&refused.stdout).ends_with(" 000"), "{client:?}");
    }
}
