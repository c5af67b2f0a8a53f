import{g as o,_ as t}from"./index-Cp5LfRju.js";const _=()=>{document.body.append(o("cart")),t(()=>import("./pay-CanLYpzI.js"),[]).then(e=>e.pay())};export{_ as open};
