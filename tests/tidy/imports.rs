//! The graph of imports between files, from the sources of every package.
//!
//! An arrow goes from a file to the file that defines an item that it uses. `mod` lines and re-exports
//! are no arrows, and the tests inside a file are left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// The arrows between the files of all packages.
pub type Graph = BTreeMap<PathBuf, BTreeSet<PathBuf>>;

type ModuleId = usize;

#[derive(Default)]
struct Module {
    file: PathBuf,
    parent: Option<ModuleId>,
    root: ModuleId,
    /// Names that are defined here: items, by their file, and child modules.
    items: HashMap<String, PathBuf>,
    children: HashMap<String, ModuleId>,
    /// Names that are imported or re-exported here.
    aliases: HashMap<String, Vec<Vec<String>>>,
    globs: Vec<Vec<String>>,
}

enum Target {
    File(PathBuf),
    Module(ModuleId),
}

/// The sources of several packages, parsed.
#[derive(Default)]
pub struct Sources {
    modules: Vec<Module>,
    /// The root module of each library, by the name that other packages import it by.
    libraries: HashMap<String, ModuleId>,
    bodies: Vec<(ModuleId, Vec<Item>)>,
}

impl Sources {
    /// Adds a package's library or program, whose root module is `file`.
    pub fn add(&mut self, name: &str, file: &Path) {
        let root = self.modules.len();
        self.modules.push(Module { file: file.to_owned(), root, ..Module::default() });
        self.libraries.insert(name.to_owned(), root);
        let folder = file.parent().unwrap().to_owned();
        self.read_file(root, file, &folder);
    }

    fn read_file(&mut self, module: ModuleId, file: &Path, folder: &Path) {
        let source = fs::read_to_string(file).unwrap();
        let parsed = syn::parse_file(&source).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.read_items(module, file, folder, parsed.items);
    }

    fn read_items(&mut self, module: ModuleId, file: &Path, folder: &Path, items: Vec<Item>) {
        let mut body = Vec::new();
        for item in items.into_iter().filter(|item| !is_test(attributes(item))) {
            match &item {
                Item::Use(used) => {
                    let mut leaves = Vec::new();
                    flatten(&used.tree, &mut Vec::new(), &mut leaves);
                    for (name, path) in leaves {
                        match name {
                            Some(name) => {
                                self.modules[module].aliases.entry(name).or_default().push(path);
                            }
                            None => self.modules[module].globs.push(path),
                        }
                    }
                }
                other => {
                    if let Some(name) = name_of(other) {
                        self.modules[module].items.insert(name, file.to_owned());
                    }
                }
            }
            match item {
                Item::Mod(inner) => self.read_module(module, file, folder, inner),
                other => body.push(other),
            }
        }
        self.bodies.push((module, body));
    }

    fn read_module(&mut self, parent: ModuleId, file: &Path, folder: &Path, inner: syn::ItemMod) {
        let name = inner.ident.to_string();
        let id = self.modules.len();
        let (root, folder) = (self.modules[parent].root, folder.to_owned());
        self.modules.push(Module { parent: Some(parent), root, ..Module::default() });
        self.modules[parent].children.insert(name.clone(), id);
        match inner.content {
            Some((_, items)) => {
                self.modules[id].file = file.to_owned();
                self.read_items(id, file, &folder.join(&name), items);
            }
            None => {
                let inside = folder.join(&name);
                let beside = [folder.join(format!("{name}.rs")), inside.join("mod.rs")];
                let path = beside.into_iter().find(|path| path.exists());
                let path = path.unwrap_or_else(|| panic!("{} has no file for {name}", file.display()));
                self.modules[id].file.clone_from(&path);
                self.read_file(id, &path, &inside);
            }
        }
    }

    /// The arrows.
    pub fn graph(&self) -> Graph {
        let mut graph = Graph::new();
        for (module, items) in &self.bodies {
            let file = &self.modules[*module].file;
            let mut paths = Paths::default();
            for item in items {
                match item {
                    Item::Use(used) if !matches!(used.vis, Visibility::Inherited) => {}
                    item => paths.visit_item(item),
                }
            }
            let arrows = graph.entry(file.clone()).or_default();
            for path in paths.0 {
                for target in self.resolve(*module, &path, &mut Vec::new()) {
                    if let Target::File(used) = target
                        && used != *file
                    {
                        arrows.insert(used);
                    }
                }
            }
        }
        graph
    }

    fn resolve(&self, from: ModuleId, path: &[String], seen: &mut Vec<(ModuleId, String)>) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else { return vec![Target::Module(from)] };
        let module = &self.modules[from];
        let there = match first.as_str() {
            "crate" => vec![Target::Module(module.root)],
            "self" => vec![Target::Module(from)],
            "super" => module.parent.map(Target::Module).into_iter().collect(),
            name => {
                let mut found = self.look_up(from, name, seen);
                if found.is_empty() {
                    found.extend(self.libraries.get(name).map(|root| Target::Module(*root)));
                }
                found
            }
        };
        self.follow(there, rest, seen)
    }

    /// What a path leads to from each of `there`: past an item only its own parts can come.
    fn follow(&self, there: Vec<Target>, rest: &[String], seen: &mut Vec<(ModuleId, String)>) -> Vec<Target> {
        let mut found = Vec::new();
        for target in there {
            match (target, rest.split_first()) {
                (target, None) => found.push(target),
                (Target::File(file), Some(_)) => found.push(Target::File(file)),
                (Target::Module(module), Some((name, rest))) if name == "super" || name == "self" => {
                    let up = if name == "self" { Some(module) } else { self.modules[module].parent };
                    found.extend(self.follow(up.map(Target::Module).into_iter().collect(), rest, seen));
                }
                (Target::Module(module), Some((name, rest))) => {
                    let next = self.look_up(module, name, seen);
                    found.extend(self.follow(next, rest, seen));
                }
            }
        }
        found
    }

    fn look_up(&self, module: ModuleId, name: &str, seen: &mut Vec<(ModuleId, String)>) -> Vec<Target> {
        let key = (module, name.to_owned());
        if seen.contains(&key) {
            return Vec::new();
        }
        seen.push(key);
        let inside = &self.modules[module];
        let mut found: Vec<Target> = inside.items.get(name).cloned().map(Target::File).into_iter().collect();
        found.extend(inside.children.get(name).copied().map(Target::Module));
        if found.is_empty() {
            for path in inside.aliases.get(name).into_iter().flatten() {
                found.extend(self.resolve(module, path, seen));
            }
        }
        if found.is_empty() {
            for path in &inside.globs {
                let mut path = path.clone();
                path.push(name.to_owned());
                found.extend(self.resolve(module, &path, seen));
            }
        }
        seen.pop();
        found
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn name_of(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}

/// The names that a `use` brings in, each with its path; a glob has no name.
fn flatten(tree: &UseTree, before: &mut Vec<String>, leaves: &mut Vec<(Option<String>, Vec<String>)>) {
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            flatten(&path.tree, before, leaves);
            before.pop();
        }
        UseTree::Name(name) if name.ident == "self" => {
            leaves.push((before.last().cloned(), before.clone()));
        }
        UseTree::Name(name) => {
            let path = [&before[..], &[name.ident.to_string()]].concat();
            leaves.push((Some(name.ident.to_string()), path));
        }
        UseTree::Rename(name) => {
            let path = [&before[..], &[name.ident.to_string()]].concat();
            leaves.push((Some(name.rename.to_string()), path));
        }
        UseTree::Glob(_) => leaves.push((None, before.clone())),
        UseTree::Group(group) => group.items.iter().for_each(|tree| flatten(tree, before, leaves)),
    }
}

/// All paths that a piece of code names, those inside macros too.
#[derive(Default)]
struct Paths(BTreeSet<Vec<String>>);

impl Paths {
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.end(&mut path);
                    colons = 0;
                    if let TokenTree::Group(group) = other {
                        self.tokens(group.stream());
                    }
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        if !path.is_empty() {
            self.0.insert(std::mem::take(path));
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, used: &'ast syn::ItemUse) {
        let mut leaves = Vec::new();
        flatten(&used.tree, &mut Vec::new(), &mut leaves);
        self.0.extend(leaves.into_iter().filter(|(name, _)| name.is_some()).map(|(_, path)| path));
    }

    fn visit_macro(&mut self, invoked: &'ast syn::Macro) {
        self.tokens(invoked.tokens.clone());
        visit::visit_macro(self, invoked);
    }

    fn visit_item_mod(&mut self, _: &'ast syn::ItemMod) {}
}

/// The groups of files of which each leads to each other one.
pub fn circles(graph: &Graph) -> Vec<Vec<&Path>> {
    let reach = |start: &Path| {
        let (mut reached, mut next) = (BTreeSet::new(), vec![start.to_owned()]);
        while let Some(file) = next.pop() {
            for used in graph.get(&file).into_iter().flatten() {
                if reached.insert(used.clone()) {
                    next.push(used.clone());
                }
            }
        }
        reached
    };
    let reached: BTreeMap<&Path, _> = graph.keys().map(|file| (file.as_path(), reach(file))).collect();
    let mut circles: Vec<Vec<&Path>> = Vec::new();
    for (file, reachable) in &reached {
        if reachable.contains(*file) && !circles.iter().any(|circle| circle.contains(file)) {
            let back = |other: &&&Path| reachable.contains(**other) && reached[**other].contains(*file);
            circles.push(reached.keys().filter(back).copied().collect());
        }
    }
    circles
}
