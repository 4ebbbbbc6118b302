//! Tests that read the sources: layers, circles of imports, file lengths, dependencies, links.

mod imports;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// Files of the core that know no runtime, socket, file, clock or random source.
const PURE: &[&str] = &[
    "account", "auth", "books", "dates", "day", "hold", "ledger", "memo", "money", "notes", "operator",
    "policy", "protocol", "session", "terminal", "text", "time",
];

/// What a pure file must not name.
const IMPURE: &[&str] = &[
    "tokio",
    "async ",
    ".await",
    "std::net",
    "std::fs",
    "std::io",
    "std::env",
    "std::thread",
    "std::process",
    "SystemTime",
    "Instant::now",
    "getrandom",
    "now_v7",
    "new_v4",
    "Timestamp::now",
    "Mutex",
    "tracing",
    "println!",
];

/// What only the shell's names may bring in; the pure layer imports none of them.
const SHELL: &[&str] = &[
    "bank",
    "client",
    "clock",
    "error",
    "error_chain",
    "reusable_timeout",
    "server",
    "store",
    "transport",
    "testing",
];

const LINES_MAX: usize = 500;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|found| found == extension) {
            found.push(path);
        }
    }
}

fn sources() -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    files(root(), "rs", &mut paths);
    assert!(paths.len() > 30, "the sources were not found");
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The source without its tests and comments.
fn code(source: &str) -> String {
    let code = source.split("#[cfg(test)]").next().unwrap();
    code.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_pure_layer_is_pure() {
    let core = root().join("bank-core/src");
    let mut read = 0;
    for (path, source) in sources() {
        let Ok(inside) = path.strip_prefix(&core) else { continue };
        let module =
            inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs");
        if !PURE.contains(&module) {
            continue;
        }
        read += 1;
        let code = code(&source);
        for word in IMPURE {
            assert!(!code.contains(word), "{} names {word}", path.display());
        }
        for module in SHELL {
            assert!(!code.contains(&format!("crate::{module}::")), "{} leans on {module}", path.display());
        }
    }
    assert!(read > 15, "the pure layer was not found");
}

/// The roots of the packages' libraries and programs, by the names that others import them by.
const PACKAGES: &[(&str, &str)] = &[
    ("bank_engine_core", "bank-core/src/lib.rs"),
    ("bank_engine_tls", "transport-tls/src/lib.rs"),
    ("bank_engine_tcp", "transport-tcp/src/lib.rs"),
    ("bank_engine_quic", "transport-quic/src/lib.rs"),
    ("bank_engine_journal", "store-journal/src/lib.rs"),
    ("bank_engine", "src/lib.rs"),
    ("bank_engine_cli_support", "cli-support/src/lib.rs"),
    ("bank_engine_server", "bank-server/src/lib.rs"),
    ("bank_engine_bench", "bank-bench/src/lib.rs"),
    ("bank_engine_atm", "atm-cli/src/lib.rs"),
];

/// The layers of the project, lowest first; parts of one layer know nothing of each other.
const LAYERS: &[&[&str]] = &[
    &["bank-core/src/(pure)"],
    &["bank-core/src/(effects)"],
    &["transport-tls"],
    &["transport-tcp", "transport-quic", "store-journal"],
    &["src"],
    &["cli-support"],
    &["bank-server", "atm-cli"],
    &["bank-bench"],
];

/// The imports between the files of all packages.
static GRAPH: LazyLock<imports::Graph> = LazyLock::new(|| {
    let mut sources = imports::Sources::default();
    for (name, file) in PACKAGES {
        sources.add(name, &root().join(file));
    }
    sources.graph()
});

/// The name of a file as a reader finds it, and its name in [`LAYERS`].
fn place(file: &Path) -> (String, String) {
    let shown = file.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
    let part = match shown.strip_prefix("bank-core/src/") {
        Some(inside) => {
            let module = inside.split('/').next().unwrap().trim_end_matches(".rs");
            let is_pure = PURE.contains(&module);
            format!("bank-core/src/({})", if is_pure { "pure" } else { "effects" })
        }
        None => shown.split('/').next().unwrap().to_owned(),
    };
    (shown, part)
}

#[test]
fn no_two_files_import_each_other_directly_or_around_a_corner() {
    let graph = &*GRAPH;
    assert!(graph.values().map(BTreeSet::len).sum::<usize>() > 1000, "the arrows were not found");
    let mut circles = String::new();
    for circle in imports::circles(graph) {
        circles.push_str("\na circle:\n");
        for file in &circle {
            let inside = graph[*file].iter().filter(|used| circle.contains(&used.as_path()));
            let inside: Vec<_> = inside.map(|used| place(used).0).collect();
            circles.push_str(&format!("  {} -> {}\n", place(file).0, inside.join(" ")));
        }
    }
    assert!(circles.is_empty(), "{circles}");
}

#[test]
fn no_file_imports_one_of_a_layer_above_its_own() {
    let layer = |part: &str| LAYERS.iter().position(|parts| parts.contains(&part));
    let mut wrong = String::new();
    let mut between = 0;
    for (file, used_files) in &*GRAPH {
        let (shown, part) = place(file);
        let own = layer(&part).unwrap_or_else(|| panic!("{shown} is in no layer"));
        for used in used_files {
            let (used_shown, used_part) = place(used);
            let below = layer(&used_part).unwrap_or_else(|| panic!("{used_shown} is in no layer"));
            between += usize::from(part != used_part);
            if part != used_part && below >= own {
                wrong.push_str(&format!("\n  {shown} -> {used_shown}"));
            }
        }
    }
    assert!(between > 200, "the arrows between layers were not found");
    assert!(wrong.is_empty(), "arrows that do not point down:{wrong}");
}

#[test]
fn every_module_of_the_core_is_in_a_layer() {
    for entry in fs::read_dir(root().join("bank-core/src")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            module == "lib" || PURE.contains(&module) || SHELL.contains(&module),
            "{module} is in no layer"
        );
    }
}

#[test]
fn adapters_know_the_core_and_nothing_of_each_other() {
    let folders = ["transport-tcp", "transport-quic", "store-journal"];
    let packages = ["bank-engine-tcp", "bank-engine-quic", "bank-engine-journal"];
    for (folder, package) in folders.iter().zip(packages) {
        let manifest = fs::read_to_string(root().join(folder).join("Cargo.toml")).unwrap();
        let (_, dependencies) = manifest.split_once("dependencies]").unwrap();
        let strangers = packages.iter().filter(|stranger| **stranger != package);
        for stranger in strangers.chain(&["bank-engine.", "bank-engine-server"]) {
            assert!(!dependencies.contains(stranger), "{folder} knows {stranger}");
        }
        let leans_on_tls = dependencies.contains("bank-engine-tls");
        assert!(!leans_on_tls || folder.starts_with("transport-"), "{folder} knows about transports");
    }
}

#[test]
fn files_are_short_and_nothing_is_put_off() {
    for (path, source) in sources() {
        assert!(source.lines().count() <= LINES_MAX, "{} has over {LINES_MAX} lines", path.display());
        for word in ["TODO", "FIXME", "XXX", "todo!(", "unimplemented!("] {
            let here = path.ends_with("tests/tidy.rs");
            assert!(here || !source.contains(word), "{} holds {word}", path.display());
        }
    }
}

#[test]
fn every_direct_dependency_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names = |text: &str, end: char| -> BTreeSet<String> {
        let names =
            text.lines().filter_map(|line| line.split_once(end)).map(|(name, _)| name.trim().to_owned());
        names
            .filter(|name| !name.is_empty() && !name.starts_with('#') && !name.starts_with("bank-"))
            .collect()
    };
    let reasons = fs::read_to_string(root().join("docs/dependencies.md")).unwrap();
    let reasons: String =
        reasons.lines().filter_map(|line| line.strip_prefix("| `")).map(|line| format!("{line}\n")).collect();
    assert_eq!(names(section, '='), names(&reasons, '`'), "docs/dependencies.md and Cargo.toml differ");
}

#[test]
fn release_builds_quickly_and_dist_is_what_benchmarks_and_installed_programs_use() {
    let read = |path: &str| fs::read_to_string(root().join(path)).unwrap();
    let manifest = read("Cargo.toml");
    assert!(!manifest.contains("\n[profile.release]"), "a slow setting slows down every first build");
    let dist = manifest.split("\n[profile.dist]\n").nth(1).unwrap().split("\n[").next().unwrap();
    for setting in ["inherits = \"release\"", "lto = ", "codegen-units = 1"] {
        assert!(dist.contains(setting), "{setting}");
    }
    let builds = |document: &str, how: &str| {
        let text = read(document);
        let builds = text.lines().filter(|line| line.starts_with("cargo ") && line.contains(how));
        let builds: Vec<_> = builds.map(str::to_owned).collect();
        assert!(!builds.is_empty(), "{document} has no {how}");
        builds
    };
    for command in builds("README.md", "install").into_iter().chain(builds("docs/benchmarks.md", "cargo")) {
        assert!(command.contains("--profile dist"), "{command}");
    }
    assert!(!read("docs/benchmarks.md").contains("release/"));
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut documents = Vec::new();
    files(root(), "md", &mut documents);
    for document in documents {
        let text = fs::read_to_string(&document).unwrap();
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = target.split('#').next().unwrap();
            if !path.is_empty() && !target.contains("://") {
                let there = document.parent().unwrap().join(path);
                assert!(there.exists(), "{} points to {target}", document.display());
            }
        }
    }
}

/// Each diff is that of one file, whose lines around the change are there, one after another.
#[test]
fn the_worked_example_of_a_method_fits_the_sources() {
    let text = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let diffs: Vec<&str> = text.split("```diff\n--- ").skip(1).collect();
    assert_eq!(diffs.len(), 3, "a method is added in three places");
    for diff in diffs {
        let (file, diff) = diff.split("\n```").next().unwrap().split_once('\n').unwrap();
        let source = fs::read_to_string(root().join(file)).unwrap();
        let around: Vec<&str> = diff.lines().filter_map(|line| line.strip_prefix(' ')).collect();
        assert!(!around.is_empty() && diff.contains("\n+"), "the change of {file} was not found");
        assert!(source.contains(&around.join("\n")), "{file} lacks the lines around the change");
        assert!(!source.contains("admin.account.note"), "{file} has the method already");
    }
    let words = text.split(|end: char| end.is_whitespace() || "`,;|".contains(end));
    let named = words.map(|word| word.trim_end_matches('.')).filter(|word| word.contains("/src/"));
    let missing: Vec<&str> = named.filter(|name| !root().join(name).exists()).collect();
    assert!(missing.is_empty(), "CONTRIBUTING.md names files that are not there: {missing:?}");
}
