import { describe, expect, it } from '@jest/globals';
import { inShort, manifestOf } from './manifest.fixture.js';
import { readCargo, readCargoLock, readGemfileLock, readGoMod, readGoSum } from './other.manifest.js';
import { readPyproject, readPythonLock, readRequirements } from './python.manifest.js';

describe('python', () => {
  it('reads requirements', () => {
    const text = `# all\n-i https://evil.example/simple\nDjango_Rest>=3,<4 ; python_version > "3" # why\nflask[async]==2.0 \\\n  --hash=sha256:abc \\\n  --hash=sha256:def\nx @ https://h/x.whl\n-e git+https://h/y.git#egg=Y.z\n./local\n-r other.txt\n--trusted-host evil.example\n`;
    const read = readRequirements(text);
    expect(inShort(read)).toEqual([
      '3 django-rest@>=3,<4 registry',
      '4 flask@==2.0 registry sha256-abc sha256-def',
      '7 x@@ https://h/x.whl url https://h/x.whl',
      '8 y-z@git+https://h/y.git#egg=Y.z git git+https://h/y.git#egg=Y.z',
      '9 -/local@./local path ./local',
    ]);
    expect(manifestOf(read)).toMatchObject({
      registries: [{ name: '-i', value: 'https://evil.example/simple', line: 2 }],
      overrides: [{ name: '--trusted-host', value: 'evil.example', line: 11 }],
    });
    expect(readRequirements('=x\n')).toMatchObject({ ok: false, line: 1 });
  });

  it('reads pyproject.toml of any tool', () => {
    const text = `[build-system]\nrequires = ["hatchling"]\n[project]\ndependencies = ["a>=1", "B @ git+https://h/b.git"]\n[project.optional-dependencies]\nx = ["c"]\n[dependency-groups]\ndev = ["d==2", {include-group = "x"}]\n[tool.poetry.dependencies]\npython = "^3"\ne = "^1"\nf = {git = "https://h/f.git"}\n[tool.poetry.group.t.dependencies]\ng = {version = "2", extras = ["y"]}\n[tool.uv.sources]\na = {index = "z"}\n[[tool.uv.index]]\nname = "z"\nurl = "https://evil.example/simple"\n`;
    const read = readPyproject(text);
    expect(inShort(read).map((one) => one.split(' ').slice(0, 3).join(' '))).toEqual([
      '4 a@>=1 registry',
      '4 b@@ git+https://h/b.git',
      '2 hatchling@ registry',
      '6 c@ registry',
      '8 d@==2 registry',
      '11 e@^1 registry',
      expect.stringMatching(/^12 f@/),
      '14 g@2 registry',
    ]);
    expect(manifestOf(read).registries).toEqual([
      { name: 'z', value: 'https://evil.example/simple', line: 19 },
    ]);
    expect(readPyproject('[x')).toMatchObject({ ok: false });
  });

  it('reads poetry.lock and uv.lock', () => {
    const text = `[[package]]\nname = "A_b"\nversion = "1"\nfiles = [{file = "x", hash = "sha256:1"}]\n\n[[package]]\nname = "c"\nversion = "2"\nsource = {registry = "https://index.example/simple"}\nsdist = {url = "https://files.example/c.tgz", hash = "sha256:2"}\nwheels = [{url = "https://evil.example/c.whl", hash = "sha256:3"}]\n\n[[package]]\nname = "d"\nversion = "3"\nsource = {git = "https://h/d.git?rev=1"}\n\n[[package]]\nname = "me"\nversion = "0"\nsource = {editable = "."}\n`;
    const read = readPythonLock(text);
    expect(inShort(read)).toEqual([
      '1 a-b@1 registry sha256-1',
      '6 c@2 registry sha256-3 sha256-2',
      '13 d@3 git https://h/d.git?rev=1',
      '18 me@0 local',
    ]);
    expect(manifestOf(read).registries.map(({ value }) => value)).toContain('https://evil.example/c.whl');
  });
});

describe('cargo, go and ruby', () => {
  it('reads Cargo.toml and Cargo.lock', () => {
    const text = `[dependencies]\na = "1"\nb = { git = "https://h/b" }\nc = { package = "d", version = "2" }\ne = { workspace = true }\n[target.'cfg(unix)'.dependencies]\nf = { path = "../f" }\n[patch.crates-io]\ng = { git = "https://h/g" }\n`;
    expect(inShort(readCargo(text))).toEqual([
      '2 a@1 registry',
      expect.stringMatching(/^3 b@.* git https:\/\/h\/b$/),
      '4 c@2 registry = d',
      expect.stringMatching(/^7 f@.* path \.\.\/f$/),
    ]);
    expect(manifestOf(readCargo(text)).overrides).toHaveLength(1);
    const lock = `version = 4\n[[package]]\nname = "a"\nversion = "1"\nsource = "registry+https://forge.example/index"\nchecksum = "abc"\n[[package]]\nname = "me"\nversion = "0"\n[[package]]\nname = "x"\nversion = "1"\nsource = "registry+https://evil.example/index"\n`;
    expect(inShort(readCargoLock(lock))).toEqual([
      '2 a@1 registry https://forge.example/index sha256-abc',
      '7 me@0 local',
      '10 x@1 registry https://evil.example/index',
    ]);
  });

  it('reads go.mod and go.sum', () => {
    const text = `module x\n\ngo 1.22\n\nrequire (\n\tgithub.com/a/b v1.0.0\n\tc.d/e v2.0.0 // indirect\n)\nrequire f.g/h v3\nreplace c.d/e => ../e\n`;
    expect(inShort(readGoMod(text))).toEqual([
      '6 github.com/a/b@v1.0.0 registry',
      '7 c.d/e@v2.0.0 registry',
      '9 f.g/h@v3 registry',
    ]);
    expect(manifestOf(readGoMod(text)).overrides).toHaveLength(1);
    expect(inShort(readGoSum('a/b v1 h1:x=\na/b v1/go.mod h1:y=\n'))).toEqual([
      '1 a/b@v1 registry h1-x=',
      '2 a/b@v1/go.mod registry h1-y=',
    ]);
    expect(readGoSum('a/b v1\n')).toMatchObject({ ok: false, line: 1 });
    expect(readGoMod('<<<<\n')).toMatchObject({ ok: false, line: 1 });
  });

  it('reads Gemfile.lock', () => {
    const text = `GIT\n  remote: https://h/g.git\n  specs:\n    g (1.0)\n\nGEM\n  remote: https://evil.example/\n  specs:\n    rails (7.0)\n      rack (>= 2)\n\nDEPENDENCIES\n  rails\n`;
    expect(inShort(readGemfileLock(text))).toEqual(['4 g@1.0 git https://h/g.git', '9 rails@7.0 registry']);
    expect(manifestOf(readGemfileLock(text)).registries).toMatchObject([{ value: 'https://evil.example/' }]);
  });
});
