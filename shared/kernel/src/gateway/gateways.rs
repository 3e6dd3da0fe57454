//! [`Gateways`]: the clients of outside services that one application uses, found by their port type.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
};

/// The clients of outside services: one per port type.
///
/// ```
/// use std::sync::Arc;
/// use causeway::Gateways;
/// trait Forecast: Send + Sync { fn sunny(&self) -> bool; }
/// struct Always;
/// impl Forecast for Always { fn sunny(&self) -> bool { true } }
/// let gateways = Gateways::default().with::<dyn Forecast>(Arc::new(Always));
/// assert!(gateways.get::<dyn Forecast>().is_ok_and(|forecast| forecast.sunny()));
/// ```
#[derive(Clone, Default)]
pub struct Gateways {
    by_port: HashMap<TypeId, Arc<dyn Any + Send + Sync>>,
}

/// No client was registered for a port.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no gateway is registered for {port}")]
pub struct NotConnected {
    /// The name of the port's type.
    pub port: &'static str,
}

impl Gateways {
    /// Registers the client of a port; it replaces an earlier one.
    #[must_use]
    pub fn with<P: ?Sized + Send + Sync + 'static>(mut self, gateway: Arc<P>) -> Self {
        self.by_port.insert(TypeId::of::<P>(), Arc::new(gateway));
        self
    }

    /// The client of the port.
    pub fn get<P: ?Sized + Send + Sync + 'static>(&self) -> Result<Arc<P>, NotConnected> {
        let gateway = self.by_port.get(&TypeId::of::<P>()).and_then(|gateway| gateway.downcast_ref::<Arc<P>>());
        gateway.cloned().ok_or(NotConnected { port: std::any::type_name::<P>() })
    }
}
