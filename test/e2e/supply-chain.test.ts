import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

const script = join(import.meta.dirname, '..', '..', 'scripts', 'supply-chain.mjs');
const sound = { version: '1.0.0', license: 'MIT', integrity: 'sha512-x' };

/** Runs the check over a project with these packages in its lockfile. */
function check(
  packages: Record<string, object>,
  reasons: Record<string, string> = {},
  installed = Object.keys(packages),
) {
  const root = mkdtempSync(join(tmpdir(), 'clusterlog-supply-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  const write = (path: string, value: unknown) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), JSON.stringify(value));
  };
  const entries = Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry]);
  write('package-lock.json', { packages: { '': {}, ...Object.fromEntries(entries) } });
  write('scripts/install-scripts.json', reasons);
  for (const name of installed) write(`node_modules/${name}/package.json`, packages[name]);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--root', root], { encoding: 'utf8' });
  return { status, said: `${stdout}${stderr}` };
}

describe('the check of npm packages', () => {
  it('is content with licences that may be shipped, in an expression too', () => {
    const both = { ...sound, license: '(Apache-2.0 AND BSD-3-Clause)' };
    const either = { ...sound, license: 'GPL-3.0-only OR MIT' };
    expect(check({ one: sound, '@scope/both': both, either })).toMatchObject({ status: 0 });
  });

  it.each(['GPL-3.0-only', 'MIT AND AGPL-3.0-only', 'SEE LICENSE IN LICENSE', 'MIT WITH Strange-exception'])(
    'refuses what is licensed as %s',
    (license) => {
      const { status, said } = check({ one: { ...sound, license } });
      expect(status).toBe(1);
      expect(said).toContain(`found ${license}`);
    },
  );

  it('believes the package and not the lockfile', () => {
    const { said } = check({ one: sound }, {}, []);
    expect(said).toContain('1 packages');
    const { license: _, ...unlicensed } = sound;
    expect(check({ one: unlicensed })).toMatchObject({ status: 1, said: expect.stringContaining('found none') });
  });

  it('takes MPL for what is never shipped, and for nothing else', () => {
    const mpl = { ...sound, license: 'MPL-2.0' };
    expect(check({ one: { ...mpl, dev: true } }).status).toBe(0);
    expect(check({ one: mpl }).status).toBe(1);
  });

  it('refuses a program run while installing without a reason, and a reason without one', () => {
    const running = { ...sound, hasInstallScript: true };
    expect(check({ one: running })).toMatchObject({ status: 1, said: expect.stringContaining('one runs a program') });
    expect(check({ one: running }, { one: 'It must.' }).status).toBe(0);
    expect(check({ one: sound }, { one: 'It must.' })).toMatchObject({
      status: 1,
      said: expect.stringContaining('remove it'),
    });
  });

  it('refuses a package without a checksum, or with an address of its own', () => {
    const { integrity: _, ...unchecked } = sound;
    expect(check({ one: unchecked })).toMatchObject({ status: 1, said: expect.stringContaining('checksum') });
    expect(check({ one: { ...unchecked, optional: true } }, {}, []).status).toBe(0);
    expect(check({ one: { ...sound, resolved: 'git+ssh://host/one.git' } }).status).toBe(1);
  });
});
