//! A disk without room for logs: whatever is said then is lost, and nothing else (V4).

use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::symlink;

use e2e::{House, KINDS};

use crate::held::settled;
use crate::raw::Ask;

/// More than a box has places for strangers.
const STRANGERS: usize = 40;

/// Comes to a box with something that is no handshake; returns once it was sent away, which the box
/// logs.
fn stranger(house: &House, kind: &str) {
    let ports = std::fs::read(house.path("run/ports.json")).unwrap();
    let ports: serde_json::Value = serde_json::from_slice(&ports).unwrap();
    let address = ports["processes"][kind]["address"].as_str().unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    // It may be sent away before it has said all.
    let _gone = stream.write_all(b"GET / HTTP/1.1\r\n\r\n");
    let _gone = stream.read_to_end(&mut Vec::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn full_logs_stop_no_box_and_no_answer_v4() {
    let mut house = House::new();
    std::fs::create_dir_all(house.path("run")).unwrap();
    for name in KINDS.iter().chain(&["datacenter"]) {
        symlink("/dev/full", house.path(&format!("run/{name}.log"))).unwrap();
    }
    house.up();
    for kind in KINDS {
        tokio::task::block_in_place(|| (0..STRANGERS).for_each(|_| stranger(&house, kind)));
    }
    // Each refusal is logged.
    let refused = Ask::get("/v1/nothing").send(&house.api()).await;
    assert_eq!(refused.problem().code, "no-such-route");

    let mut customer = house.customer("unlogged").await;
    customer.print("one").await.unwrap();
    // Whoever acknowledges and recovers logs each box that is away, and goes on all the same.
    for kind in KINDS {
        tokio::task::block_in_place(|| house.kill_and_wait(kind));
    }
    customer.print("two").await.unwrap();
    settled(&house).await;
    house.stop();
    house.up();
    customer.move_to(&house);
    customer.print("three").await.unwrap();
    house.stop();
    house.assert_clean();
}
