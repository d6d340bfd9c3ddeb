//! Several at once.

use std::sync::Barrier;
use std::thread;

use futures::executor::block_on;
use futures::future::BoxFuture;
use tokio::runtime::Handle;

/// Runs all futures at the same time and gives their outputs in order: on the runtime that the test
/// runs on, or on a thread each where there is none.
pub async fn race<T: Send + 'static>(runners: Vec<BoxFuture<'static, T>>) -> Vec<T> {
    let Ok(runtime) = Handle::try_current() else { return race_on_threads(runners) };
    let running: Vec<_> = runners.into_iter().map(|runner| runtime.spawn(runner)).collect();
    let mut outputs = Vec::with_capacity(running.len());
    for runner in running {
        outputs.push(runner.await.expect("a racer panicked"));
    }
    outputs
}

fn race_on_threads<T: Send>(runners: Vec<BoxFuture<'static, T>>) -> Vec<T> {
    let start = Barrier::new(runners.len());
    thread::scope(|scope| {
        let run = |runner: BoxFuture<'static, T>| {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                block_on(runner)
            })
        };
        let running: Vec<_> = runners.into_iter().map(run).collect();
        running.into_iter().map(|runner| runner.join().expect("a racer panicked")).collect()
    })
}
