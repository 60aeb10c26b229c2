import { parametersOf, view } from '../address/view.ts';
import { selected } from '../log/index.ts';
import { sizeText } from '../log/message.tsx';
import { Menu } from '../search/menu.tsx';
import { copied, copy } from './copy.ts';
import { curlCommand } from './curl-command.ts';
import { cancelDownload, download, startDownload } from './download.ts';
import { type DownloadFormat, formats } from './file-name.ts';
import { copyJournalctl, copyLink } from './keep-view.ts';

/** Ways to keep what is shown: a link, commands, files. */
export function KeepMenu() {
  return (
    <Menu class="keep-menu" label="Keep" title="Copy or save what is shown">
      {(close) => {
        const after = (work: () => void) => () => {
          close();
          work();
        };
        return (
          <>
            <button type="button" onClick={after(() => void copyLink(selected.peek()))}>
              Copy link
            </button>
            <button type="button" onClick={after(copyCurl)}>
              Copy as curl
            </button>
            <button type="button" onClick={after(() => void copyJournalctl())}>
              Copy as journalctl
            </button>
            <h3>Save all of it</h3>
            <div class="keep-formats">
              {Object.entries(formats).map(([format, { label }]) => [
                <span key={format}>{label}</span>,
                ...[false, true].map((compressed) => (
                  <button
                    key={`${format} ${compressed}`}
                    type="button"
                    aria-label={`Save as ${label}, ${compressed ? 'gz' : 'plain'}`}
                    onClick={after(() => void startDownload(format as DownloadFormat, compressed))}
                  >
                    {compressed ? 'gz' : 'plain'}
                  </button>
                )),
              ])}
            </div>
          </>
        );
      }}
    </Menu>
  );
}

/** What has been copied, and how a download goes. */
export function KeepLine() {
  const state = download.value;
  return (
    <>
      {copied.value !== undefined && <p class="keep-note">{copied}</p>}
      {state.state === 'running' && (
        <p class="keep-note" role="status">
          Saving {state.name}: {sizeText(state.bytes)}
          <button type="button" onClick={cancelDownload}>
            Cancel
          </button>
        </p>
      )}
      {state.state === 'failed' && (
        <p class="keep-note keep-failed" role="alert">
          Not saved: {state.why}
        </p>
      )}
    </>
  );
}

function copyCurl(): void {
  const parameters = parametersOf(view.peek());
  parameters.set('limit', 'all');
  void copy(curlCommand(location.origin, parameters), 'Command');
}
