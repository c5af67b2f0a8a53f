import{g as o,_ as t}from"./index-BK22B_Lv.js";const _=()=>{document.body.append(o("cart")),t(()=>import("./pay-CanLYpzI.js"),[]).then(e=>e.pay())};export{_ as open};
