(function(){"use strict";const e=s=>`hello ${s}`;onmessage=()=>postMessage(e("worker"))})();
