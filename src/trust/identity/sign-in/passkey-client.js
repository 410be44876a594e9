/*
 * The one script of the sign-in pages, written into those that offer passkeys and allowed there by its digest. It asks the browser for
 * what WebAuthn needs a script for and puts the answer into the form; everything else the server does.
 */
for (const sentence of document.querySelectorAll('[data-without-script]')) sentence.remove();
for (const form of document.querySelectorAll('form[data-passkey]')) {
  const creates = form.dataset.passkey === 'create';
  const problem = form.querySelector('[data-problem]');
  const button = form.querySelector('button');
  const show = (text) => {
    problem.textContent = text;
    problem.hidden = false;
  };
  const supported = typeof window.PublicKeyCredential?.parseRequestOptionsFromJSON === 'function';
  form.hidden = false;
  if (!supported) {
    button.disabled = true;
    show(form.dataset.unsupported);
    continue;
  }
  const ask = async () => {
    const csrf = form.elements.namedItem('csrf').value;
    const answer = await fetch(form.dataset.options, { method: 'POST', body: new URLSearchParams({ csrf }) });
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    const options = await answer.json();
    return creates
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.hidden = true;
    button.disabled = true;
    try {
      const credential = await ask();
      form.elements.namedItem('passkey').value = JSON.stringify(credential.toJSON());
      form.submit();
    } catch (error) {
      show(error.name === 'InvalidStateError' ? form.dataset.known : form.dataset.failed);
      button.disabled = false;
      button.focus();
    }
  });
}
