use std::fs::File;
use std::io::{self, Write};
use std::sync::mpsc::Receiver;
use std::thread;

use tokio::sync::watch;

use super::{Durable, Line, Mark};

/// Bytes gathered at most before they are written and synced.
const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// Runs until every sender is gone. The lock is held, and given back, with the thread.
pub(super) fn spawn(lock: File, file: File, lines: Receiver<Line>, progress: watch::Sender<Durable>) -> io::Result<()> {
    thread::Builder::new()
        .name("sandbox-journal".to_owned())
        .spawn(move || {
            write_all(file, &lines, &progress);
            drop(lock);
            drop(progress);
        })
        .map(|_detached| ())
}

fn write_all(mut file: File, lines: &Receiver<Line>, progress: &watch::Sender<Durable>) {
    while let Ok(first) = lines.recv() {
        let written = gather(first, lines).and_then(|(reached, batch)| {
            file.write_all(&batch)?;
            file.sync_data()?;
            Ok(reached)
        });
        match written {
            Ok(reached) => progress.send_replace(Durable::UpTo(reached)),
            Err(error) => {
                tracing::error!(%error, "the sandbox could not write its journal; it acknowledges nothing from now on");
                progress.send_replace(Durable::Broken);
                return;
            }
        };
    }
}

/// The line at hand and all that wait behind it.
fn gather(first: Line, lines: &Receiver<Line>) -> io::Result<(Mark, Vec<u8>)> {
    let mut batch = Vec::new();
    let mut next = Some(first);
    let mut reached = Mark(0);
    while let Some((mark, line)) = next {
        reached = mark;
        batch.extend_from_slice(&line.ok_or(io::ErrorKind::InvalidData)?);
        batch.push(b'\n');
        next = if batch.len() < BATCH_BYTES_MAX { lines.try_recv().ok() } else { None };
    }
    Ok((reached, batch))
}
