//! The whole sandbox around the whole shell: what a box does goes on, in threads made afterwards too.

use crate::toy::{Fault, Toy};
use crate::{BOX, SERVER, config, key, query, text};
use boxd::{Bound, Stop, confine};
use std::fs::File;

use crate::peer::Peer;

#[test]
fn a_confined_box_serves_and_its_journal_goes_on() {
    let bound = Bound::bind(config(&[SERVER])).unwrap();
    let address = bound.address();
    let stop = Stop::new().unwrap();
    let watched = stop.try_clone().unwrap();
    let served = std::thread::spawn(move || {
        let mut toy = Toy::new(Fault::None);
        let held = confine(&toy.state());
        let line = held.to_string();
        assert_eq!(held.is_whole(), !line.contains("NOT"), "{line}");
        if held.files.is_ok() {
            File::open("/etc/passwd").expect_err("outside its state");
        }
        // A new segment is made, renamed, and the one before set aside.
        toy.compact();
        bound.serve(Box::new(toy), watched).unwrap();
        line
    });
    for n in 0..3 {
        let mut peer = Peer::connect(address, SERVER, key(BOX).public());
        peer.send(n, &query("under the sandbox"));
        assert_eq!(text(peer.receive().unwrap().1), "0:under the sandbox");
    }
    stop.raise();
    println!("{}", served.join().unwrap());
}
