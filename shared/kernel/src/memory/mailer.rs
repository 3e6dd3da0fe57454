//! The mail in memory: an outside party that can be told to be in trouble.

use std::{collections::VecDeque, sync::Mutex};

use async_trait::async_trait;

use super::lock;
use crate::gateway::mail::{AcceptedMail, FoundMail, Mail, MailError, Mailer};

/// A mailer in memory. It knows its keys: a mail that comes again under the same key is the same mail.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    desk: Mutex<Desk>,
}

#[derive(Debug, Default)]
struct Desk {
    accepted: Vec<Mail>,
    faults: VecDeque<MailFault>,
    cannot_tell: bool,
}

/// What shall go wrong with a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MailFault {
    /// It is not accepted, and nobody says so.
    NotReached,
    /// It is not accepted, and the other side says so.
    NotTaken,
    /// It is accepted, and the answer is lost.
    AnswerLost,
    /// It is refused for this reason.
    Refused(String),
}

impl MemoryMailer {
    /// All accepted mails, in their order.
    pub fn sent(&self) -> Vec<Mail> {
        lock(&self.desk).accepted.clone()
    }

    /// Something goes wrong with the next mail that has no trouble in store yet.
    pub fn inject_fault(&self, fault: MailFault) {
        lock(&self.desk).faults.push_back(fault);
    }

    /// From now on the other side forgets its keys: each mail is a new one, and asked, it cannot tell.
    pub fn forget_keys(&self) {
        lock(&self.desk).cannot_tell = true;
    }
}

impl Desk {
    fn known(&self, key: &str) -> Option<AcceptedMail> {
        let place = self.accepted.iter().position(|mail| mail.key == key)?;
        Some(AcceptedMail { id: format!("mail-{}", place + 1) })
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
        let mut desk = lock(&self.desk);
        match desk.faults.pop_front() {
            None => Ok(desk.accept(mail)),
            Some(MailFault::NotReached) => Err(MailError::Unavailable("not reached".into())),
            Some(MailFault::NotTaken) => Err(MailError::NotTaken("throttled".into())),
            Some(MailFault::AnswerLost) => {
                desk.accept(mail);
                Err(MailError::Unavailable("the answer was lost".into()))
            }
            Some(MailFault::Refused(reason)) => Err(MailError::Refused { reason }),
        }
    }

    async fn find(&self, key: &str) -> Result<FoundMail, MailError> {
        let desk = lock(&self.desk);
        if desk.cannot_tell {
            return Ok(FoundMail::CannotTell);
        }
        Ok(desk.known(key).map_or(FoundMail::Unknown, FoundMail::Accepted))
    }
}
