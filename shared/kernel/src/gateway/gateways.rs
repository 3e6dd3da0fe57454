//! Outside parties by type: what one application needs and the library need not know.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
};

/// The outside parties of an application: one per port.
///
/// ```
/// use std::sync::Arc;
/// use causeway::Gateways;
/// trait Weather: Send + Sync { fn sunny(&self) -> bool; }
/// struct Always;
/// impl Weather for Always { fn sunny(&self) -> bool { true } }
/// let gateways = Gateways::default().with::<dyn Weather>(Arc::new(Always));
/// assert!(gateways.get::<dyn Weather>().is_ok_and(|weather| weather.sunny()));
/// ```
#[derive(Clone, Default)]
pub struct Gateways {
    by_port: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

/// A party nobody connected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no outside party is connected for {port}")]
pub struct NotConnected {
    /// The port's type.
    pub port: &'static str,
}

impl Gateways {
    /// Connects a party to its port.
    #[must_use]
    pub fn with<P: ?Sized + Send + Sync + 'static>(mut self, gateway: Arc<P>) -> Self {
        self.by_port.insert(TypeId::of::<P>(), Arc::new(gateway));
        self
    }

    /// The party of the port.
    pub fn get<P: ?Sized + Send + Sync + 'static>(&self) -> Result<Arc<P>, NotConnected> {
        let gateway = self.by_port.get(&TypeId::of::<P>()).and_then(|gateway| gateway.downcast_ref::<Arc<P>>());
        gateway.cloned().ok_or(NotConnected { port: std::any::type_name::<P>() })
    }
}
