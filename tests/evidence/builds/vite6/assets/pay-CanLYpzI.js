const p=()=>document.body.append("paid");export{p as pay};
