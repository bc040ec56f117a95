import { describe, expect, it } from '@jest/globals';
import { allowedImages, defaultSandboxImage, isImageList } from './sandbox.image.js';
import { readSettings } from './settings.js';

describe('images of docker_sandbox', () => {
  it('are the default, and what a setting lists, called by their tags', () => {
    const settings = { GATEHOUSE_SANDBOX_IMAGES: 'acme/build:rust-1, reg.acme.test:5000/a/b:node-24' };
    expect([...allowedImages(settings, '20.1.2')]).toEqual([
      ['node-20', 'gatehouse/sandbox:node-20'],
      ['rust-1', 'acme/build:rust-1'],
      ['node-24', 'reg.acme.test:5000/a/b:node-24'],
    ]);
    expect(defaultSandboxImage('24.0.0')).toBe('gatehouse/sandbox:node-24');
  });

  it('the default outranks a listed one of the same name', () => {
    const settings = { GATEHOUSE_SANDBOX_IMAGE: 'acme/own:x', GATEHOUSE_SANDBOX_IMAGES: 'acme/other:x' };
    expect([...allowedImages(settings, '20.0.0')]).toEqual([['x', 'acme/own:x']]);
  });

  it.each([
    ['', true],
    ['a/b:c', true],
    ['a/b:c, d/e:f', true],
    ['a/b', false],
    ['a/b:c,d/e:c', false],
    ['-v /:/x:y', false],
    ['A b:c', false],
    ['a/b:UPPER', false],
  ])('%j is a list: %s', (list, answer) => {
    expect(isImageList(list)).toBe(answer);
    expect(readSettings({ GATEHOUSE_SANDBOX_IMAGES: list }).ok).toBe(answer);
  });
});
