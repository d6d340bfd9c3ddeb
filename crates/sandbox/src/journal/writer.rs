use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::Receiver;
use std::thread;

use tokio::sync::watch;

use super::{Durable, Mark};

/// Bytes gathered at most before they are written and synced.
const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// Runs until every sender is gone. The lock is held, and given back, with the thread.
pub(super) fn spawn(
    lock: File,
    file: File,
    lines: Receiver<(Mark, Vec<u8>)>,
    progress: watch::Sender<Durable>,
) -> io::Result<()> {
    thread::Builder::new()
        .name("sandbox-journal".to_owned())
        .spawn(move || {
            write_all(file, &lines, &progress);
            drop(lock);
            drop(progress);
        })
        .map(|_detached| ())
}

fn write_all(mut file: File, lines: &Receiver<(Mark, Vec<u8>)>, progress: &watch::Sender<Durable>) {
    let mut batch = Vec::new();
    while let Ok((first, line)) = lines.recv() {
        let mut reached = first;
        add(&mut batch, &line);
        while batch.len() < BATCH_BYTES_MAX {
            let Ok((mark, line)) = lines.try_recv() else {
                break;
            };
            reached = mark;
            add(&mut batch, &line);
        }
        if let Err(error) = file.write_all(&batch).and_then(|()| file.sync_data()) {
            tracing::error!(%error, "the sandbox could not write its journal; it acknowledges nothing from now on");
            progress.send_replace(Durable::Broken);
            return;
        }
        batch.clear();
        progress.send_replace(Durable::UpTo(reached));
    }
}

fn add(batch: &mut Vec<u8>, line: &[u8]) {
    batch.extend_from_slice(line);
    batch.push(b'\n');
}
