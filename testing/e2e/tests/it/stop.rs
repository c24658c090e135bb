//! Stopping in bad company: a request waits for a box that does not answer.

use std::time::Duration;

use e2e::House;
use rustix::process::{Pid, Signal, kill_process};

/// As long as a request needs to get to a box.
const ON_ITS_WAY: Duration = Duration::from_millis(500);

#[tokio::test(flavor = "multi_thread")]
async fn a_data_centre_stops_in_time_with_a_request_that_waits_for_a_stopped_box() {
    let mut house = House::running();
    let customer = house.customer("waits").await;
    let meter = house.pid("meter").and_then(Pid::from_raw).unwrap();
    let datacenter = house.pid("datacenter").unwrap();
    kill_process(meter, Signal::STOP).unwrap();
    let waiting = tokio::spawn(async move { customer.print("in hand").await });
    tokio::time::sleep(ON_ITS_WAY).await;
    let woken = std::thread::spawn(move || {
        // The boxes are asked to stop once the data centre has ended.
        while std::fs::read_link(format!("/proc/{datacenter}/exe")).is_ok() {
            std::thread::sleep(Duration::from_millis(10));
        }
        kill_process(meter, Signal::CONT).unwrap();
    });
    // Says with its exit code whether each process stopped by itself.
    tokio::task::block_in_place(|| house.stop());
    woken.join().unwrap();
    waiting.abort();
    house.assert_clean();
}
