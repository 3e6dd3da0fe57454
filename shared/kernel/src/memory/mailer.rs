//! [`MemoryMailer`]: a mail service in memory, with injected faults.

use std::{collections::VecDeque, sync::Mutex};

use async_trait::async_trait;

use crate::{
    gateway::{AcceptedMail, FoundMail, Mail, MailError, Mailer},
    memory::lock::lock,
};

/// A mail service in memory. It knows its keys: a second mail with the same key is not sent again.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    accepted: Vec<Mail>,
    faults: VecDeque<MailFault>,
    cannot_tell: bool,
}

/// A fault of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailFault {
    /// The mail is not accepted, and there is no answer.
    NotReached,
    /// The mail is not accepted, and the answer says so.
    NotTaken,
    /// The mail is accepted, and the answer is lost.
    AnswerLost,
    /// The mail is refused for this reason.
    Refused(String),
}

impl MemoryMailer {
    /// All accepted mails, in order.
    pub fn sent(&self) -> Vec<Mail> {
        lock(&self.state).accepted.clone()
    }

    /// Injects a fault into the next call of `send` that has none yet.
    pub fn inject_fault(&self, fault: MailFault) {
        lock(&self.state).faults.push_back(fault);
    }

    /// From now on the service does not know its keys: each mail is sent, and `find` cannot tell.
    pub fn forget_keys(&self) {
        lock(&self.state).cannot_tell = true;
    }
}

impl State {
    fn known(&self, key: &str) -> Option<AcceptedMail> {
        let index = self.accepted.iter().position(|mail| mail.key == key)?;
        Some(AcceptedMail { id: format!("mail-{}", index + 1) })
    }

    fn accept(&mut self, mail: &Mail) -> AcceptedMail {
        match self.known(&mail.key).filter(|_| !self.cannot_tell) {
            Some(known) => known,
            None => {
                self.accepted.push(mail.clone());
                AcceptedMail { id: format!("mail-{}", self.accepted.len()) }
            }
        }
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<AcceptedMail, MailError> {
        let mut state = lock(&self.state);
        match state.faults.pop_front() {
            None => Ok(state.accept(mail)),
            Some(MailFault::NotReached) => Err(MailError::Unavailable("not reached".into())),
            Some(MailFault::NotTaken) => Err(MailError::NotTaken("throttled".into())),
            Some(MailFault::AnswerLost) => {
                state.accept(mail);
                Err(MailError::Unavailable("the answer was lost".into()))
            }
            Some(MailFault::Refused(reason)) => Err(MailError::Refused { reason }),
        }
    }

    async fn find(&self, key: &str) -> Result<FoundMail, MailError> {
        let state = lock(&self.state);
        if state.cannot_tell {
            return Ok(FoundMail::CannotTell);
        }
        Ok(state.known(key).map_or(FoundMail::Unknown, FoundMail::Accepted))
    }
}
