//! How the server replies.

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use super::SeenRequest;

/// What becomes of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// A proper answer.
    Answer {
        /// The status.
        status: u16,
        /// Headers beside `content-length`.
        headers: Vec<(String, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// A proper answer, after a while.
    Late(Duration, Box<Reply>),
    /// Nothing, for as long as the caller waits.
    Silence,
    /// The connection is closed before a byte is answered.
    Hangup,
    /// The connection is reset before a byte is answered.
    Reset,
    /// The head of an answer and the start of its body; then the connection is closed.
    CutOff {
        /// The status.
        status: u16,
        /// How long the body was said to be, in bytes.
        announced: usize,
        /// What of it is sent.
        body: Vec<u8>,
    },
    /// A proper answer, one byte at a time.
    Drip {
        /// Between two bytes.
        pause: Duration,
        /// The status.
        status: u16,
        /// The body.
        body: Vec<u8>,
    },
    /// A body of that many bytes of white space, under status 200.
    Huge {
        /// How many bytes.
        body_bytes: usize,
    },
    /// These bytes, which need not be HTTP at all; then the connection is closed.
    Raw(Vec<u8>),
}

impl Reply {
    /// JSON under that status.
    #[must_use]
    pub fn json(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::Answer { status, headers: vec![header("content-type", "application/json")], body: body.into() }
    }

    /// A page under that status, where a caller expects JSON.
    #[must_use]
    pub fn page(status: u16) -> Self {
        let body = b"<html><body>Something went wrong</body></html>".to_vec();
        Self::Answer { status, headers: vec![header("content-type", "text/html")], body }
    }

    /// A redirect to elsewhere.
    #[must_use]
    pub fn redirect(to: &str) -> Self {
        Self::Answer { status: 302, headers: vec![header("location", to)], body: Vec::new() }
    }

    /// This answer with one more header; other replies stay as they are.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        if let Self::Answer { headers, .. } = &mut self {
            headers.push(header(name, value));
        }
        self
    }

    /// This reply after a while.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        Self::Late(pause, Box::new(self))
    }
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Replies for requests that fit.
#[derive(Debug)]
pub(super) struct Rule {
    method: String,
    path_start: String,
    replies: Replies,
}

/// Where replies come from.
enum Replies {
    /// In turn, the last one from then on.
    Scripted(VecDeque<Reply>),
    /// From whoever looks at the request.
    Answered(Box<dyn FnMut(&SeenRequest) -> Reply + Send>),
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scripted(replies) => f.debug_tuple("Scripted").field(replies).finish(),
            Self::Answered(_) => f.write_str("Answered"),
        }
    }
}

impl Rule {
    pub(super) fn new(method: &str, path_start: &str, replies: impl IntoIterator<Item = Reply>) -> Self {
        let replies: VecDeque<Reply> = replies.into_iter().collect();
        assert!(!replies.is_empty(), "a rule has a reply");
        Self { method: method.to_owned(), path_start: path_start.to_owned(), replies: Replies::Scripted(replies) }
    }

    pub(super) fn answering(
        method: &str,
        path_start: &str,
        answer: Box<dyn FnMut(&SeenRequest) -> Reply + Send>,
    ) -> Self {
        Self { method: method.to_owned(), path_start: path_start.to_owned(), replies: Replies::Answered(answer) }
    }

    pub(super) fn fits(&self, request: &SeenRequest) -> bool {
        request.method == self.method && request.path.starts_with(&self.path_start)
    }

    pub(super) fn next(&mut self, request: &SeenRequest) -> Reply {
        match &mut self.replies {
            Replies::Answered(answer) => answer(request),
            Replies::Scripted(replies) => {
                let reply = replies.pop_front().expect("the last reply stays");
                if replies.is_empty() {
                    replies.push_back(reply.clone());
                }
                reply
            }
        }
    }
}
