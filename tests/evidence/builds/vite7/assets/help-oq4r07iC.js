const e=()=>document.body.append("help");export{e as help};
