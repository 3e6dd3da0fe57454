//! Searches random cases for the lowest seed that breaks one, or shows a single seed.

/// The variable with another number of cases.
const MORE_SEEDS: &str = "CAUSEWAY_SEEDS";

/// The variable with a seed to run alone, with its case printed.
const ONE_SEED: &str = "CAUSEWAY_SEED";

/// The lowest of so many seeds that breaks, and how.
pub(crate) fn first_broken(cases: u64, broken: impl Fn(u64) -> Option<String> + Sync) -> Option<(u64, String)> {
    let threads = 2;
    let search = |first: u64| (first..cases).step_by(threads).find_map(|seed| Some((seed, broken(seed)?)));
    std::thread::scope(|scope| {
        let search = &search;
        let searches: Vec<_> = (0..threads as u64).map(|first| scope.spawn(move || search(first))).collect();
        searches.into_iter().filter_map(|search| search.join().unwrap()).min()
    })
}

/// No seed breaks. With a seed in the environment only that one runs, after it was shown.
pub(crate) fn hold(cases: u64, broken: impl Fn(u64) -> Option<String> + Sync, show: impl Fn(u64)) {
    let number = |variable: &str| std::env::var(variable).ok()?.parse::<u64>().ok();
    if let Some(seed) = number(ONE_SEED) {
        show(seed);
        assert_eq!(broken(seed), None);
        return;
    }
    let found = first_broken(number(MORE_SEEDS).unwrap_or(cases), broken);
    assert!(found.is_none(), "{}", found.map(|(seed, how)| format!("{ONE_SEED}={seed}: {how}")).unwrap_or_default());
}
