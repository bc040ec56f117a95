import { Name } from './id.js';

/** `make sandbox-image` builds it with the Node of this machine; the one name of the image where no setting gives one. */
export const defaultSandboxImage = (nodeVersion: string): string =>
  `gatehouse/sandbox:node-${nodeVersion.split('.', 1)[0]}`;

/** An image reference as an engine takes it: host, path, and a tag. */
export const imageReference = /^[a-z0-9][a-z0-9._:/-]{0,200}:[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

export const imagesOf = (list: string): string[] =>
  list
    .split(',')
    .map((reference) => reference.trim())
    .filter((reference) => reference !== '');

/** What a job calls an image: its tag. */
export const imageName = (reference: string): string => reference.slice(reference.lastIndexOf(':') + 1);

/** A list of references of which each has a name of its own. */
export const isImageList = (list: string): boolean => {
  const references = imagesOf(list);
  const names = references.map(imageName);
  return (
    references.every((reference) => imageReference.test(reference)) &&
    names.every((name) => Name.safeParse(name).success) &&
    new Set(names).size === names.length
  );
};

/**
 * The images that a job may name, by name, the default first. A setting's own default image outranks a listed one of
 * the same name.
 */
export const allowedImages = (
  settings: { GATEHOUSE_SANDBOX_IMAGE?: string | undefined; GATEHOUSE_SANDBOX_IMAGES: string },
  nodeVersion: string,
): ReadonlyMap<string, string> => {
  const first = settings.GATEHOUSE_SANDBOX_IMAGE ?? defaultSandboxImage(nodeVersion);
  const all = [...imagesOf(settings.GATEHOUSE_SANDBOX_IMAGES), first];
  const found = new Map([[imageName(first), first]]);
  for (const reference of all)
    if (!found.has(imageName(reference))) found.set(imageName(reference), reference);
  return found;
};
